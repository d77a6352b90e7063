/**
 * The file system of this process, which fails on command: every call of Node.js that writes below some folders is seen, and may be
 * refused. To be loaded ahead of what is tested, since some of that keeps the functions that it finds.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { type Errno, systemError } from '../../support/act-errnos.ts';

/** A call that writes: `open /run/x/lock`. */
export interface Write {
  readonly call: string;
  readonly path: string;
}

let judge: (write: Write) => Errno | null = () => null;

/** From now on each write is shown to `ask`; what that answers, the call fails with. null: all goes well and nobody looks. */
export function watchWrites(ask: ((write: Write) => Errno | null) | null): void {
  judge = ask ?? (() => null);
}

const { O_WRONLY, O_RDWR, O_CREAT } = fs.constants;
const isWriting = (flags: unknown): boolean => (typeof flags === 'number' ? (flags & (O_WRONLY | O_RDWR | O_CREAT)) !== 0 : /[wa+]/.test(String(flags ?? 'r')));
const isThere = (path: string): boolean => fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;

function check(call: string, path: unknown): void {
  const errno = judge({ call, path: String(path) });
  if (errno !== null) throw systemError(errno, call, String(path));
}

type Any = (...args: readonly unknown[]) => unknown;
type Calls = Record<string, Any>;

/** Whether a call with these arguments writes at all: making what is there and removing what is not does not. */
const WRITES: Readonly<Record<string, (args: readonly unknown[]) => boolean>> = {
  open: ([, flags]) => isWriting(flags),
  writeFile: ([path]) => typeof path === 'string',
  mkdir: ([path]) => !isThere(String(path)),
  rename: () => true,
  link: () => true,
  symlink: () => true,
  unlink: ([path]) => isThere(String(path)),
  rm: ([path]) => isThere(String(path)),
  rmdir: ([path]) => isThere(String(path)),
  chmod: () => true,
  chown: () => true,
};

/** What is written to is named by its new name. */
const pathOf = (call: string, args: readonly unknown[]): unknown => (['rename', 'link', 'symlink'].includes(call) ? args[1] : args[0]);

function guard(calls: Calls, suffix: '' | 'Sync'): void {
  for (const [call, writes] of Object.entries(WRITES)) {
    const real = calls[call + suffix] as Any;
    const refuse = (args: readonly unknown[]): void => {
      if (writes(args)) check(call, pathOf(call, args));
    };
    const guarded: Any = (...args) => {
      refuse(args);
      return real(...args);
    };
    calls[call + suffix] = suffix === 'Sync' ? guarded : async (...args: readonly unknown[]) => guarded(...args);
  }
}

// A file that is open for writing is written to and flushed; a folder is flushed.
function guardHandles(promises: Calls): void {
  const open = promises['open'] as Any;
  promises['open'] = async (...args) => {
    const handle = (await open(...args)) as Calls;
    for (const call of ['writeFile', 'write', 'sync', 'truncate']) {
      const real = (handle[call] as Any).bind(handle);
      handle[call] = async (...more: readonly unknown[]) => {
        check(call === 'sync' ? 'fsync' : 'write', args[0]);
        return real(...more);
      };
    }
    return handle;
  };
}

// So is one that was opened at once.
function guardDescriptors(calls: Calls): void {
  const paths = new Map<unknown, unknown>();
  const [open, close] = [calls['openSync'] as Any, calls['closeSync'] as Any];
  calls['openSync'] = (...args) => {
    const fd = open(...args);
    if (isWriting(args[1])) paths.set(fd, args[0]);
    return fd;
  };
  calls['closeSync'] = fd => {
    paths.delete(fd);
    return close(fd);
  };
  for (const call of ['writeSync', 'ftruncateSync']) {
    const real = calls[call] as Any;
    calls[call] = (fd, ...rest) => {
      if (paths.has(fd)) check('write', paths.get(fd));
      return real(fd, ...rest);
    };
  }
}

guard(fs as unknown as Calls, 'Sync');
guard(fs.promises as unknown as Calls, '');
guardHandles(fs.promises as unknown as Calls);
guardDescriptors(fs as unknown as Calls);
syncBuiltinESMExports();
