/**
 * What a service tells its manager (sd_notify(3)): a datagram to the socket of NOTIFY_SOCKET; nothing where that is not set. Node has no
 * such sockets: libc's through koffi, else the program `systemd-notify`.
 */
import { run } from './exec.ts';
import { type Library, usualLibrary } from './netlink/library.ts';

/**
 * The unit of `watch` sets `Type=notify`, `WatchdogSec=` (a minute or more) and a `TimeoutStartSec=` that the first pass fits in; without koffi
 * also `NotifyAccess=all`, since a child speaks then.
 */
export interface Notifier {
  /** One state or several (`READY=1`, `STATUS=…`, `WATCHDOG=1`). What cannot be told is not told. */
  say(...states: readonly string[]): void;
  /** How often WATCHDOG=1 is waited for; null: nobody does. */
  readonly watchdogMs: number | null;
}

type Env = Readonly<Record<string, string | undefined>>;

/** @param load  how the library is found */
export async function openNotifier(env: Env = process.env, load: () => Promise<Library | null> = usualLibrary): Promise<Notifier> {
  const socket = env['NOTIFY_SOCKET'];
  if (socket === undefined || !/^[/@]./.test(socket)) return { say: () => undefined, watchdogMs: null };
  const lib = await load();
  const send = lib === null ? byProgram(socket) : byLibrary(lib, socket);
  return { say: (...states) => send(states), watchdogMs: watchdogOf(env) };
}

function watchdogOf({ WATCHDOG_USEC: usec = '', WATCHDOG_PID: pid }: Env): number | null {
  if (!/^[1-9]\d{0,15}$/.test(usec)) return null;
  return pid === undefined || pid === String(process.pid) ? Number(usec) / 1000 : null;
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const TRIES = 20;
const AGAIN_MS = 50;

// A queue that is full is emptied soon; whoever has no ears gets nothing.
function byLibrary(lib: Library, path: string): (states: readonly string[]) => void {
  const fd = lib.socket(AF_UNIX, SOCK_DGRAM, 0);
  const address = unixAddress(path);
  const send = (message: Buffer, left: number): void => {
    try {
      lib.sendTo(fd, message, address);
    } catch {
      if (left > 0) setTimeout(send, AGAIN_MS, message, left - 1).unref();
    }
  };
  return states => send(Buffer.from(states.join('\n')), TRIES);
}

/** A sockaddr_un (unix(7)); `@` begins an abstract name. */
function unixAddress(path: string): Buffer {
  const family = Buffer.alloc(2);
  new Uint16Array(family.buffer, family.byteOffset, 1)[0] = AF_UNIX;
  return Buffer.concat([family, path.startsWith('@') ? Buffer.from(`\0${path.slice(1)}`) : Buffer.from(`${path}\0`)]);
}

// One after another: STATUS and READY must not overtake each other.
function byProgram(socket: string): (states: readonly string[]) => void {
  let last: Promise<unknown> = Promise.resolve();
  return states => {
    last = last.then(() => run('systemd-notify', [`--pid=${process.pid}`, ...states], { env: { NOTIFY_SOCKET: socket } }).catch(() => undefined));
  };
}
