/** Turns what Node and the node's door throw into RepoError; git's own words are read where they are heard. */
import { adviceFor, codeOfErrno, HostError, type HostErrorCode } from '../host/errors.ts';
import { RepoError, type RepoErrorCode } from './repo.ts';

/**
 * The error as a RepoError. Errors of the file system keep their words; a bug stays a bug; anything else came from a library
 * that read what is in the clone, so the clone is damaged.
 */
export function asRepoError(error: unknown, url: string): RepoError {
  if (error instanceof RepoError) return error;
  if (error instanceof Error && error.message.startsWith('bug: ')) throw error;
  if (error instanceof HostError) return new RepoError(HOST[error.code] ?? 'other', error.message, url, { cause: error });
  const errno = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? '') : '';
  const words = error instanceof Error ? error.message : String(error);
  if (errno === 'ENOSPC' || errno === 'EDQUOT')
    return new RepoError('disk-full', `no room for the clone of ${url}: ${words}; make room on that disk`, url, { cause: error });
  if (errno === 'RemoteCapabilityError') return new RepoError('other', `${url} is served by a git that is too old: ${words}`, url, { cause: error });
  // These are about the folder, not about what is in it.
  if (/^(EACCES|EPERM|EROFS|EIO|EMFILE|ENFILE|ELOOP)$/.test(errno)) {
    const advice = /^E(MFILE|NFILE|IO|ROFS)$/.test(errno) ? adviceFor(codeOfErrno(error)) : 'check who owns the folder';
    return new RepoError('other', `the clone of ${url} cannot be used: ${words}; ${advice}`, url, { cause: error });
  }
  return new RepoError('corrupt', `the clone of ${url} is damaged: ${words}; it is made anew at the next sync`, url, { cause: error });
}

const HOST: Partial<Readonly<Record<HostErrorCode, RepoErrorCode>>> = { timeout: 'timeout', 'no-space': 'disk-full', 'too-much-output': 'too-large' };

/** Somebody asked this process to end. */
export function stopped(url: string, stop: AbortSignal): RepoError {
  return new RepoError('stopped', `${url} is not asked any further: stopped by ${stop.reason}`, url);
}
