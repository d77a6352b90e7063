/** What a test run may leave on the machine outside of its private labs: nothing. Seen by comparing before and after. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Names of network namespaces, links and lab folders of the machine itself. */
export function ours() {
  const list = path => (existsSync(path) ? readdirSync(path) : []);
  const links = spawnSync('ip', ['-j', 'link'], { encoding: 'utf8', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } });
  return new Set([
    ...list('/run/netns').map(name => `network namespace ${name}`),
    ...list('/run/netloom-lab').map(name => `lab ${name} in /run/netloom-lab`),
    ...JSON.parse(links.stdout || '[]').map(link => `link ${link.ifname}`),
  ]);
}

/** What is there now and was not before, and every process that still carries the run's mark in its environment. */
export function leftBehind(before, mark) {
  const now = [...ours()].filter(each => !before.has(each));
  return [...now, ...processesMarked(mark)];
}

function processesMarked(mark) {
  return pidsMarked(mark).map(pid => `process ${pid} ${commandOf(pid)}`);
}

/** Processes that carry a run's mark in their environment. */
export function pidsMarked(mark) {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  return pids.filter(pid => readQuietly(`/proc/${pid}/environ`).includes(`NETLOOM_TEST_RUN=${mark}/`)).map(Number);
}

function commandOf(pid) {
  return readQuietly(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

// A process may end while we look.
function readQuietly(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
