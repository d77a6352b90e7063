/** The lab's git server, stopped and started again; and servers beside it that want a password, or show a certificate that nobody signed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { findProgram } from '../../src/host/exec.ts';
import { holdersOf, killAll, markOf, processesOf } from '../../src/lab/holder.ts';
import { GIT_PORT, type Lab } from '../../src/lab/lab.ts';
import { spawnApart } from '../../src/lab/spawn.ts';
import { killNow, line, program } from '../host/program.ts';
import { ROOT } from '../house/tree.ts';

const SERVER = 'lab-git-server.js';

/** From now on nobody answers at the lab's url. */
export async function stopServer(lab: Lab): Promise<void> {
  const servers = processesOf(lab.dir).filter(pid => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(SERVER));
  expect(servers.length).toBeGreaterThan(0);
  await killAll(servers);
}

/** As it was when the lab came up. */
export async function startServer(lab: Lab): Promise<void> {
  const log = join(lab.dir, `git-${Date.now()}.log`);
  const server = [process.execPath, join(ROOT, 'dist', SERVER), join(lab.dir, 'repos'), lab.server, String(GIT_PORT)];
  await spawnApart(findProgram('nsenter'), [`--target=${hubOf(lab)}`, '--net', '--', ...server], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...markOf(lab.dir) },
    log,
  });
  for (const deadline = Date.now() + 30_000; !readFileSync(log, 'utf8').includes('http://'); ) {
    if (Date.now() > deadline) throw new Error(`the git server did not start: ${readFileSync(log, 'utf8')}`);
    await sleep(20);
  }
}

export interface StrictServers {
  /** The lab's repository behind basic authentication. */
  readonly locked: { readonly url: string; readonly username: string; readonly password: string };
  /** https with a certificate that nobody signed. */
  readonly selfSigned: string;
  end(): Promise<void>;
}

/** Starts both beside the lab's own server. */
export async function strictServers(lab: Lab): Promise<StrictServers> {
  const username = 'netloom';
  const password = 'correct-horse-battery';
  const servers = await program(`
    import { createServer } from 'node:https';
    import { serveGit } from '../../src/lab/git-server.ts';
    import { CERT, KEY } from '../repo/support/tls.ts';
    const [root, host] = process.argv.slice(2);
    await serveGit({ root, host, port: 8080, auth: { username: '${username}', password: '${password}' } });
    createServer({ cert: CERT, key: KEY }, (_, response) => response.end()).listen(8443, host, () => console.log('go'));
  `);
  const child = servers.start([join(lab.dir, 'repos'), lab.server], [findProgram('nsenter'), `--target=${hubOf(lab)}`, '--net', '--']);
  expect(await line(child)).toBe('go');
  return {
    locked: { url: `http://${lab.server}:8080/definitions.git`, username, password },
    selfSigned: `https://${lab.server}:8443/definitions.git`,
    end: async () => {
      await killNow(child);
      servers.remove();
    },
  };
}

function hubOf(lab: Lab): number {
  const pid = holdersOf(lab.dir).get('switch');
  if (pid === undefined) throw new Error('the lab has no switch');
  return pid;
}
