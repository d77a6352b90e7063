/** Which way the kernel is read: by netlink where koffi is there, else by commands. */
import { commandReader } from './command-reader.ts';
import { openLibrary, usualLibrary } from './netlink/library.ts';
import { netlinkReader } from './netlink/netlink-reader.ts';
import type { Reader } from './reader.ts';

/**
 * @param asked  `commands`: not by netlink, even if that were possible. Anything else, and nothing: the quicker one that works
 * @param load   how koffi is found
 */
export async function chooseReader(asked: string | undefined, load?: () => Promise<unknown>): Promise<Reader> {
  const lib = asked === 'commands' ? null : await (load === undefined ? usualLibrary() : openLibrary(load));
  return lib === null ? commandReader : netlinkReader(lib);
}

let usual: Promise<Reader> | undefined;

/** The reader of this process, chosen once. `NETLOOM_READER=commands` is for tests, and for whoever suspects the other. */
export function usualReader(): Promise<Reader> {
  usual ??= chooseReader(process.env['NETLOOM_READER']);
  return usual;
}
