/**
 * Starts, stops and reloads services of networks. They outlive us: a unit of systemd where there is one, else a session of
 * their own in the network's namespace, either way of a user who may little; the next pass finds them by what runs.
 */
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceRun } from '../kinds/op.ts';
import { noteOf, SEARCH_CAPABILITY, SERVICE_CAPABILITIES, SERVICE_USERS, unprivileged } from '../kinds/render-service.ts';
import { codeOfErrno, codeOfText, errnoOf, HostError } from './errors.ts';
import { run, startDetached } from './exec.ts';
import { writeAtomic } from './files.ts';
import { entering } from './namespace.ts';
import { isOfUnit } from './process-owner.ts';
import { type ServiceProcess, serviceProcess, serviceProcesses, serviceUnit, stateOf, unreadOf } from './processes.ts';
import { forget, keepsLeases, marksOf, noteLoaded, type ServiceId, writeMarks } from './service-notes.ts';
import { isInstalled } from './systemd.ts';
import { type Account, localAccounts } from './users.ts';

const START_MS = 5_000;
const TERM_MS = 2_000;
const KILL_MS = 5_000;
const STEP_MS = 5;

/** Starts it anew, whatever ran under its name. Done when it holds its ports. Throws HostError with its last words when it does not get there. */
export async function startService(service: ServiceRun): Promise<void> {
  await stopService(service);
  await releaseLeases(service);
  mkdirSync(service.folder, { recursive: true, mode: 0o755 });
  const unit = unitOf(service);
  if (unit === null) return startAlone(service);
  await writeMarks(service);
  await run('systemctl', ['start', unit], { okCodes: [0] });
  await untilReady(service, () => false, `systemd says: journalctl -u ${unit}`);
}

/** Ends it: asks, and after two seconds insists. Done when it is gone, with what was noted about it. Absent is fine. */
export async function stopService(service: ServiceId): Promise<void> {
  const unit = unitOf(service);
  if (unit !== null && processesOf(service).length > 0) await run('systemctl', ['stop', unit], { okCodes: [0] });
  const startedAt = Date.now();
  for (let asked = false; ; asked = true) {
    const left = processesOf(service);
    if (left.length === 0) break;
    const late = Date.now() - startedAt;
    if (late > KILL_MS) throw new HostError('busy', `the service ${service.id} does not end, it is process ${left.map(one => one.pid).join(', ')}`);
    // What is stopped takes no other signal.
    for (const one of left) if (!asked || late > TERM_MS) signal(one, late > TERM_MS || stateOf(one.pid) === 'T' ? 'SIGKILL' : 'SIGTERM');
    await sleep(STEP_MS);
  }
  forget(service);
}

/**
 * Has it read again what it reads while it runs, and notes that. A lease of a guest that is gone is released: that needs a
 * start, since only a starting dnsmasq reads its leases.
 */
export async function reloadService(service: ServiceRun): Promise<void> {
  const [one, ...others] = processesOf(service);
  if (one === undefined || others.length > 0 || hasStrangers(service) || !keepsLeases(marksOf(service))) return startService(service);
  const unit = unitOf(service);
  if (unit !== null && isOfUnit(one.pid, unit)) await run('systemctl', ['reload', unit], { okCodes: [0] });
  else signal(one, 'SIGHUP');
  await noteLoaded(service, one.pid);
}

function processesOf({ id, folder }: ServiceId): readonly ServiceProcess[] {
  return serviceProcesses(folder).filter(one => one.id === id);
}

async function startAlone(service: ServiceRun): Promise<void> {
  refuseInsideUnit();
  const { name, uid, gid } = serviceUser();
  if (service.leases !== undefined) chownSync(service.leases.path, uid, gid);
  await writeMarks(service);
  const capabilities = [...SERVICE_CAPABILITIES, ...(isForAll(dirname(service.folder)) ? [] : [SEARCH_CAPABILITY])];
  const log = `${noteOf(service)}.log`;
  const output = openSync(log, 'w', 0o600);
  try {
    const words = [...unprivileged(name, String(gid), capabilities), service.program, ...service.argv];
    const [tool, args] = entering(service.netns, 'setpriv', words);
    const started = await startDetached(tool, args, { env: markOfLab(), output });
    await untilReady(service, started.hasEnded, lastWords(log));
  } finally {
    closeSync(output);
  }
}

function serviceUser(): Account {
  const [account] = localAccounts(SERVICE_USERS);
  if (account !== undefined) return account;
  throw new HostError('no-entry', `the node has no user ${SERVICE_USERS.join(' or ')}: make one, as the package dnsmasq-base does`);
}

function isForAll(folder: string): boolean {
  return (statSync(folder).mode & 0o001) !== 0 && (folder === '/' || isForAll(dirname(folder)));
}

// A lab ends all that carries its mark.
function markOfLab(): Readonly<Record<string, string>> {
  const lab = process.env['NETLOOM_LAB'];
  return lab === undefined ? {} : { NETLOOM_LAB: lab };
}

async function untilReady(service: ServiceRun, hasEnded: () => boolean, words: string | (() => string)): Promise<void> {
  const startedAt = Date.now();
  for (;;) {
    const [one] = processesOf(service);
    if (one !== undefined && unreadOf(one.pid, service.ports) !== null) return;
    const late = Date.now() - startedAt > START_MS;
    if (hasEnded() || late) {
      const said = typeof words === 'string' ? words : words();
      await stopService(service);
      throw new HostError(
        late ? 'timeout' : codeOfText(said),
        `${service.program} ${late ? `holds not all of its ports ${service.ports.join(', ')}` : 'ended'}: ${said}`,
      );
    }
    await sleep(STEP_MS);
  }
}

function lastWords(log: string): () => string {
  return () => {
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    return (
      lines
        .filter(line => line.trim() !== '')
        .at(-1)
        ?.trim() ?? 'it said nothing'
    );
  };
}

// A pid may be another process by now: what it is is read again just before.
function signal({ pid, id, folder }: ServiceProcess, name: NodeJS.Signals): void {
  const now = serviceProcess(pid);
  if (now?.id !== id || now.folder !== folder) return;
  try {
    process.kill(pid, name);
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return;
    throw new HostError(codeOfErrno(error), `cannot send ${name} to the service ${id}, process ${pid}: CAP_KILL is needed`, { cause: error });
  }
}

/** The unit that carries a service; null where systemd does not run the node, the template is not installed, or the node is a lab's. */
function unitOf({ id, folder }: ServiceId): string | null {
  const [uuid = '', program] = id.split('/');
  if (program !== 'dnsmasq' || folder !== '/run/netloom/services' || !existsSync('/run/systemd/system')) return null;
  return isInstalled(serviceUnit()) ? serviceUnit(uuid) : null;
}

// systemd ends with a unit whatever the unit started: a service that is to go on needs one of its own.
function refuseInsideUnit(): void {
  if (!/\/netloom\.service$/m.test(readFileSync('/proc/self/cgroup', 'utf8'))) return;
  throw new HostError('unsupported', `the unit ${serviceUnit()} is not installed: put it from netloom's systemd/ into /etc/systemd/system`);
}

/** Leases as dnsmasq keeps them: `<expiry> <mac> <ip> <name> <client id>` a line. */
function isStranger(line: string, known: ReadonlySet<string>): boolean {
  const [, mac = '', ip = ''] = line.split(' ');
  return /^\d+\.\d+\.\d+\.\d+$/.test(ip) && !known.has(`${mac.toLowerCase()} ${ip}`);
}

function leasesOf({ leases }: ServiceRun): readonly string[] {
  return leases !== undefined && existsSync(leases.path) ? readFileSync(leases.path, 'utf8').split('\n') : [];
}

function hasStrangers(service: ServiceRun): boolean {
  const known = new Set(service.leases?.known);
  return leasesOf(service).some(line => isStranger(line, known));
}

async function releaseLeases(service: ServiceRun): Promise<void> {
  if (service.leases === undefined || !hasStrangers(service)) return;
  const known = new Set(service.leases.known);
  await writeAtomic(
    service.leases.path,
    leasesOf(service)
      .filter(line => !isStranger(line, known))
      .join('\n'),
    0o644,
  );
}
