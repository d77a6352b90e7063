/** Which remote a url names and who can speak to it; a url never carries a secret. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RepoError } from './repo.ts';

/** `url` is what is handed on and shown; `path` is absolute. */
export type Address =
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'ssh'; readonly url: string }
  | { readonly kind: 'path'; readonly url: string; readonly path: string };

// `host:path` and `user@host:path`, as scp and git write them; git takes it for a path when a slash comes before the colon.
const SCP_LIKE = /^(?:[\w.+-]+@)?(?:[a-z0-9][\w.-]*|\[[0-9a-f:.]+\]):(?!\/\/)\S+$/i;
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * Reads a remote's url: `https://…`, `http://…`, `ssh://…`, `git@host:path`, `file:///…`, `/path`, `./path`, `../path`
 * (relative to the working folder). Throws RepoError `unsupported-url` for anything else, and for a secret in it.
 */
export function parseAddress(text: string): Address {
  const shown = withoutSecrets(text);
  if (text === '') throw unsupported(shown, 'the url of the repository is empty', 'set repo.url, for example https://git.example.org/team/networks.git');
  if (hasControls(text) || text.startsWith('-'))
    throw unsupported(shown, 'the url has control characters, or begins with a dash', 'write the url as git clone takes it');
  if (SCHEME.test(text)) return parseUrl(text, shown);
  if (/^\.{0,2}\//.test(text)) return { kind: 'path', url: text, path: resolve(text) };
  if (SCP_LIKE.test(text)) return { kind: 'ssh', url: text };
  throw unsupported(shown, 'neither a url nor a path', guess(text));
}

/**
 * The url as messages may show it: without user information, query and fragment. Takes too much rather than too little: a
 * password with a slash in it makes a url that nobody else reads as one.
 */
export function withoutSecrets(text: string): string {
  const bare = text.replace(/[?#].*$/s, '');
  // An ssh user is no secret (`git@`), a password is; in http either may be a token.
  if (/^https?:/i.test(bare)) return bare.replace(/^([a-z]+:\/\/).*@/is, '$1');
  if (SCHEME.test(bare)) return bare.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/:@]*):.*@/is, '$1@');
  return bare;
}

/** Name or address of the machine that a url leads to, with the port where git speaks http; null for a path, and for what is no url. */
export function serverOf(text: string): { readonly host: string; readonly port?: number } | null {
  const host = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (/^https?:/i.test(text) && URL.canParse(text)) {
    const url = new URL(text);
    return { host: host(url), port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80) };
  }
  if (/^ssh:/i.test(text) && URL.canParse(text)) return { host: host(new URL(text)) };
  if (SCHEME.test(text) || /^\.{0,2}\//.test(text) || !SCP_LIKE.test(text)) return null;
  const found = /^(?:[^@]+@)?(?:\[([^\]]+)\]|([^:]+)):/.exec(text);
  const name = found?.[1] ?? found?.[2];
  return name === undefined ? null : { host: name };
}

function parseUrl(text: string, shown: string): Address {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw unsupported(shown, 'this is not a url', 'write it as scheme://host/path');
  switch (url.protocol) {
    case 'http:':
    case 'https:':
      return httpAddress(url, shown);
    case 'ssh:':
      return sshAddress(url, text, shown);
    case 'file:':
      return fileAddress(url, text, shown);
    default:
      throw unsupported(shown, `there is no way to speak ${url.protocol}//`, 'use https://, http://, ssh://, git@host:path or a local path');
  }
}

function httpAddress(url: URL, shown: string): Address {
  if (url.username !== '' || url.password !== '') throw secretInUrl(shown);
  if (url.search !== '' || url.hash !== '')
    throw unsupported(
      shown,
      'a query or fragment does not belong in the url of a repository',
      'put a token into a file and name it in repo.auth (join: --token-file)',
    );
  return { kind: 'http', url: url.href.replace(/(?<!\/)\/+$/, '') };
}

function sshAddress(url: URL, text: string, shown: string): Address {
  if (url.password !== '') throw secretInUrl(shown);
  if (url.hostname === '' || url.hostname.startsWith('-') || url.username.startsWith('-'))
    throw unsupported(shown, 'the host or user is missing or begins with a dash', 'write ssh://git@host/path');
  return { kind: 'ssh', url: text };
}

function fileAddress(url: URL, text: string, shown: string): Address {
  if (url.hostname !== '') throw unsupported(shown, `file:// names the host ${url.hostname}`, 'write three slashes: file:///path');
  return { kind: 'path', url: text, path: fileURLToPath(url) };
}

function secretInUrl(shown: string): RepoError {
  return unsupported(
    shown,
    'the url carries a user name, password or token, which git writes to disk and to logs',
    'put the secret into a file and name it in repo.auth (join: --token-file)',
  );
}

function unsupported(shown: string, words: string, hint: string): RepoError {
  return new RepoError('unsupported-url', `${shown === '' ? 'repo.url' : shown}: ${words}; ${hint}`, shown);
}

function guess(text: string): string {
  if (/^[\w.-]+\.[a-z]{2,}\//i.test(text)) return `did you mean https://${withoutSecrets(text)}?`;
  if (text.startsWith('~')) return 'write the whole path, ~ is known to shells only';
  return `for a path write ./${withoutSecrets(text)} or an absolute one`;
}

function hasControls(text: string): boolean {
  return [...text].some(c => c < ' ' || c === '\x7f');
}
