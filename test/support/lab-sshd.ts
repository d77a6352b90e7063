/**
 * A real sshd on a node of a lab, and a user of it on another. Both know the accounts of a file of their own (in their own mount
 * namespaces), whose root lives in a folder of the test: neither reads or changes anything of the machine's.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram, hasProgram, run } from '../../src/host/exec.ts';
import { spawnLong } from '../../src/host/spawn-long.ts';
import { markOf } from '../../src/lab/holder.ts';
import { ROOT } from '../house/tree.ts';
import type { TestNode } from './lab-node.ts';

/** What `.ci/sshd.mjs` keeps. */
const UNPACKED = join(ROOT, 'node_modules', '.cache', 'netloom-sshd');
const PORT = 2222;

/** What is missing for a server of ssh here, in a few words; '' when nothing is. */
export function missingForSshd(): string {
  return hasProgram('sshd') || existsSync(join(UNPACKED, 'usr', 'sbin', 'sshd')) ? '' : 'sshd (Debian package openssh-server)';
}

export interface Sshd {
  readonly port: number;
  /** Paths: a private key that it takes, one that it does not, its own host key in a known_hosts file, and another's there. */
  readonly key: string;
  readonly strangersKey: string;
  readonly knownHosts: string;
  readonly otherHosts: string;
  end(): Promise<void>;
}

export interface SshdOptions {
  readonly on: TestNode;
  /** The lab's folder: what starts in its name ends with it. */
  readonly mark: string;
  /** An empty folder for keys and configuration. */
  readonly folder: string;
  /** What commands find in their environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts it; resolves when it listens. Throws with its words when it does not. */
export async function startSshd({ on, mark, folder, env }: SshdOptions): Promise<Sshd> {
  const [host, other, key, strangersKey] = await Promise.all(['host', 'other', 'key', 'stranger'].map(name => keyIn(folder, name)));
  const publicOf = (path = ''): string => readFileSync(`${path}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const name = `[${on.address}]:${PORT}`;
  const config = file('sshd_config', configOf({ address: on.address, host: host ?? '', keys: file('authorized_keys', `${publicOf(key)}\n`), env }));
  await haveAccounts(on, folder);
  // Debian's sshd steps into it before it knows who comes.
  await on.ok(['mkdir', '-p', '/run/sshd']);
  const installed = !existsSync(UNPACKED);
  const program = installed ? findProgram('sshd') : join(UNPACKED, 'usr', 'sbin', 'sshd');
  const libraries = installed ? {} : { LD_LIBRARY_PATH: librariesBelow(UNPACKED).join(':') };
  const child = spawnLong('nsenter', [...on.into(), program, '-D', '-e', '-f', config], { env: { ...markOf(mark), ...libraries } });
  let ended = false;
  void child.ended.then(() => {
    ended = true;
  });
  for (const until = Date.now() + 20_000; !child.stderr().includes('Server listening'); await sleep(20)) {
    if (ended || Date.now() > until) throw new Error(`sshd does not listen: ${child.stderr()}`);
  }
  return {
    port: PORT,
    key: key ?? '',
    strangersKey: strangersKey ?? '',
    knownHosts: file('known_hosts', `${name} ${publicOf(host)}\n`),
    otherHosts: file('other_hosts', `${name} ${publicOf(other)}\n`),
    end: async () => {
      await child.stop();
    },
  };
}

/** root of a node is from now on somebody whose home is `home` in the folder; what ssh is to do there is in `home/.ssh/config`. */
export async function haveAccounts(node: TestNode, folder: string): Promise<string> {
  const home = join(folder, 'home');
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  const files = {
    passwd: `root:x:0:0:root:${home}:/bin/sh\nsshd:x:65533:65534::/run/sshd:/bin/false\nnobody:x:65534:65534::/:/bin/false\n`,
    shadow: 'root:*:19000:0:99999:7:::\nsshd:!:19000::::::\n',
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), name === 'shadow' ? 0o600 : 0o644);
    await node.ok(['mount', '--bind', join(folder, name), `/etc/${name}`]);
  }
  return home;
}

async function keyIn(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path], { okCodes: [0] });
  return path;
}

interface Config {
  readonly address: string;
  readonly host: string;
  readonly keys: string;
  readonly env: Readonly<Record<string, string>>;
}

function configOf({ address, host, keys, env }: Config): string {
  const session = join(UNPACKED, 'usr', 'lib', 'openssh');
  // Since 9.8 the server is several programs, which know where they are installed.
  const parts = ['Session', 'Auth'].filter(part => existsSync(join(session, `sshd-${part.toLowerCase()}`)));
  return [
    `ListenAddress ${address}:${PORT}`,
    `HostKey ${host}`,
    `AuthorizedKeysFile ${keys}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
    'AuthenticationMethods publickey',
    `SetEnv ${Object.entries(env)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}`,
    ...parts.map(part => `Sshd${part}Path ${join(session, `sshd-${part.toLowerCase()}`)}`),
    '',
  ].join('\n');
}

function librariesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap(entry => (/\.so(\.|$)/.test(entry.name) ? [entry.parentPath] : []));
}
