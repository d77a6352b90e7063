/**
 * The few calls of libc and libnftables that Node does not have, through koffi, which is loaded only here. All of them run in
 * the calling thread, and wait.
 */
import { closeSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { errnoOf } from '../errors.ts';

/** Calls of libc; each throws an Error with an errno's name as `code`. */
export interface Library {
  /** A descriptor that no child inherits. */
  socket(family: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, option: number, value: number | string): void;
  send(fd: number, message: Buffer): void;
  /** @param address  a sockaddr */
  sendTo(fd: number, message: Buffer, address: Buffer): void;
  /** @param address  a sockaddr */
  bind(fd: number, address: Buffer): void;
  /** Only what a classic BPF program lets through is received: its instructions, 8 bytes each (linux/filter.h). */
  attachFilter(fd: number, program: Buffer): void;
  /** As `receive`, with the sender's sockaddr in `address`. */
  receiveFrom(fd: number, into: Buffer, address: Buffer): number;
  /** Index of a link of the calling thread's namespace; 0: there is none of this name. */
  linkIndex(ifname: string): number;
  /** Fills `into`; gives how long the message is, which may be more than fits. Does not wait for one: EAGAIN. */
  receive(fd: number, into: Buffer): number;
  /** Moves the calling thread, and nothing else, into the network namespace behind a descriptor. */
  setns(fd: number): void;
  /** flock(2), exclusive, without waiting: false where somebody else has it. */
  flock(fd: number): boolean;
  /** A descriptor of a fresh /proc that is mounted nowhere; -1 where the system has no such call, or forbids it. */
  mountProc(): number;
  /** null: the node has no libnftables. */
  readonly nft: NftLibrary | null;
}

export interface NftLibrary {
  /** What `nft -j COMMAND` prints in the calling thread's namespace, or what it says on stderr. */
  run(command: string): { readonly stdout: string; readonly stderr: string };
}

type Koffi = typeof import('koffi');

const SOCK_CLOEXEC = 0o2000000;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const CLONE_NEWNET = 0x40000000;
/** LOCK_EX and LOCK_NB. */
const LOCK_AT_ONCE = 2 | 4;
const FSCONFIG_CMD_CREATE = 6;
/** FSOPEN_CLOEXEC and FSMOUNT_CLOEXEC. */
const CLOEXEC = 1;

let usual: Promise<Library | null> | undefined;

/** The library of this process, opened once; null: koffi is not there, or not for this machine. */
export function usualLibrary(): Promise<Library | null> {
  usual ??= openLibrary();
  return usual;
}

/** null: koffi is not there, or not for this machine. */
export async function openLibrary(load: () => Promise<unknown> = () => import('koffi')): Promise<Library | null> {
  try {
    const loaded = (await load()) as { readonly default: Koffi };
    return bind(loaded.default);
  } catch {
    return null;
  }
}

function bind(koffi: Koffi): Library {
  // The program itself: Node has libc in it, whatever that is called here.
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int, int, int)');
  const setsockopt = libc.func('int setsockopt(int, int, int, const void *, uint32_t)');
  const send = libc.func('long send(int, const void *, size_t, int)');
  const sendto = libc.func('long sendto(int, const void *, size_t, int, const void *, uint32_t)');
  const recv = libc.func('long recv(int, void *, size_t, int)');
  const bindTo = libc.func('int bind(int, const void *, uint32_t)');
  const recvfrom = libc.func('long recvfrom(int, void *, size_t, int, void *, uint32_t *)');
  const indexOf = libc.func('unsigned int if_nametoindex(const char *)');
  const attach = bindFilter(koffi, libc);
  const setns = libc.func('int setns(int, int)');
  const flock = libc.func('int flock(int, int)');
  const checked = (call: string, result: number): number => {
    if (result >= 0) return result;
    throw errnoError(call, koffi.errno());
  };
  return {
    socket: (family, type, protocol) => checked('socket', socket(family, type | SOCK_CLOEXEC, protocol)),
    setsockopt: (fd, level, option, value) => {
      const bytes = typeof value === 'string' ? Buffer.from(value) : Int32Array.of(value);
      checked('setsockopt', setsockopt(fd, level, option, bytes, bytes.byteLength));
    },
    send: (fd, message) => void checked('send', Number(send(fd, message, message.length, 0))),
    sendTo: (fd, message, address) => void checked('sendto', Number(sendto(fd, message, message.length, MSG_DONTWAIT, address, address.length))),
    bind: (fd, address) => void checked('bind', bindTo(fd, address, address.length)),
    attachFilter: (fd, program) => void checked('setsockopt', attach(fd, program)),
    receiveFrom: (fd, into, address) => {
      const length = Uint32Array.of(address.length);
      return checked('recvfrom', Number(recvfrom(fd, into, into.length, MSG_TRUNC | MSG_DONTWAIT, address, length)));
    },
    linkIndex: ifname => indexOf(ifname),
    receive: (fd, into) => checked('recv', Number(recv(fd, into, into.length, MSG_TRUNC | MSG_DONTWAIT))),
    setns: fd => void checked('setns', setns(fd, CLONE_NEWNET)),
    flock: fd => {
      if (flock(fd, LOCK_AT_ONCE) === 0) return true;
      const error = errnoError('flock', koffi.errno());
      if (errnoOf(error) === 'EAGAIN') return false;
      throw error;
    },
    mountProc: bindMount(libc),
    nft: bindNft(koffi),
  };
}

const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;

function bindFilter(koffi: Koffi, libc: ReturnType<Koffi['load']>): (fd: number, program: Buffer) => number {
  const shape = koffi.struct({ len: 'uint16_t', filter: 'const void *' });
  const setsockopt = libc.func('setsockopt', 'int', ['int', 'int', 'int', koffi.pointer(shape), 'uint32_t']);
  return (fd, program) => setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, { len: program.length / 8, filter: program }, koffi.sizeof(shape));
}

// fsopen(2): since Linux 5.2 and glibc 2.36.
function bindMount(libc: ReturnType<Koffi['load']>): () => number {
  try {
    const fsopen = libc.func('int fsopen(const char *, unsigned int)');
    const fsconfig = libc.func('int fsconfig(int, unsigned int, const char *, const void *, int)');
    const fsmount = libc.func('int fsmount(int, unsigned int, unsigned int)');
    return () => {
      const made = fsopen('proc', CLOEXEC);
      if (made < 0) return -1;
      const mounted = fsconfig(made, FSCONFIG_CMD_CREATE, null, null, 0) < 0 ? -1 : fsmount(made, CLOEXEC, 0);
      closeSync(made);
      return mounted;
    };
  } catch {
    return () => -1;
  }
}

/** What a call ended with: `setns: EPERM`, with the name as `code`. */
export function errnoError(call: string, errno: number): Error {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${call}: ${code}`), { code });
}

const OUTPUT_JSON = 1 << 4;

function bindNft(koffi: Koffi): NftLibrary | null {
  try {
    const lib = koffi.load('libnftables.so.1');
    const make = lib.func('void *nft_ctx_new(uint32_t)');
    const free = lib.func('void nft_ctx_free(void *)');
    const setFlags = lib.func('void nft_ctx_output_set_flags(void *, unsigned int)');
    const keepOutput = lib.func('int nft_ctx_buffer_output(void *)');
    const keepErrors = lib.func('int nft_ctx_buffer_error(void *)');
    const output = lib.func('const char *nft_ctx_get_output_buffer(void *)');
    const errors = lib.func('const char *nft_ctx_get_error_buffer(void *)');
    const runCommand = lib.func('int nft_run_cmd_from_buffer(void *, const char *)');
    return {
      // A context belongs to the namespace that it was made in.
      run: command => {
        const context = make(0);
        if (context === null) return { stdout: '', stderr: OUT_OF_MEMORY };
        try {
          setFlags(context, OUTPUT_JSON);
          if (keepOutput(context) !== 0 || keepErrors(context) !== 0) return { stdout: '', stderr: OUT_OF_MEMORY };
          const failed = runCommand(context, command) !== 0;
          const stderr: string = errors(context) ?? '';
          return { stdout: output(context) ?? '', stderr: failed && stderr.trim() === '' ? 'it failed without a word' : stderr };
        } finally {
          free(context);
        }
      },
    };
  } catch {
    return null;
  }
}

const OUT_OF_MEMORY = 'Out of memory';
