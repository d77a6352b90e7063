/** The systemd that runs this node, where one does: its units of ours, switched on and off, and the drop-ins that they read. */
import { existsSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './exec.ts';

/** The runtime folder of a node that is a whole machine; labs have others. */
const MACHINE_FOLDER = '/run/netloom';

/** Where units are looked for, the first that counts first. */
const UNIT_FOLDERS = ['/etc/systemd/system', '/run/systemd/system', '/usr/local/lib/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'] as const;

/** What runs passes: the timer, or the service that watches. */
const RUNNERS = ['netloom.timer', 'netloom-watch.service'] as const;

export type Runner = (typeof RUNNERS)[number];

/** The services that read the configuration, and so the secret. */
const READERS = ['netloom.service', 'netloom-watch.service'] as const;

/** Longer than a pass that is asked to end may take. */
const STOP_MS = 120_000;

/** True where systemd is the first process, and we are in its network namespace: a lab's node is none of its business. */
export function isRunBySystemd(runtimeFolder: string): boolean {
  if (runtimeFolder !== MACHINE_FOLDER || !existsSync('/run/systemd/system')) return false;
  try {
    return readlinkSync('/proc/1/ns/net') === readlinkSync('/proc/self/ns/net');
  } catch {
    return false;
  }
}

/** True when the unit's file is installed. */
export function isInstalled(unit: string): boolean {
  return UNIT_FOLDERS.some(folder => existsSync(join(folder, unit)));
}

/** Paths of the drop-ins that hand the secret to the services. */
export function dropInPaths(): readonly string[] {
  return READERS.map(unit => join(UNIT_FOLDERS[0], `${unit}.d`, 'netloom-join.conf'));
}

/** What runs passes is there at every boot from now on; it is started by `startRunner`. Throws HostError. */
export async function enableRunner(runner: Runner): Promise<void> {
  await run('systemctl', ['daemon-reload'], { okCodes: [0] });
  for (const other of RUNNERS.filter(each => each !== runner && isInstalled(each)))
    await run('systemctl', ['disable', '--quiet', '--now', other], { okCodes: [0], timeoutMs: STOP_MS });
  await run('systemctl', ['enable', '--quiet', runner], { okCodes: [0] });
}

/** Starts it now; running already is fine. Throws HostError. */
export async function startRunner(runner: Runner): Promise<void> {
  await run('systemctl', ['start', runner], { okCodes: [0], timeoutMs: STOP_MS });
}

/** Nothing of netloom is started any more, and no pass runs: timer, watch and the service itself. Throws HostError. */
export async function stopUnits(): Promise<readonly string[]> {
  const stopped: string[] = [];
  for (const unit of [...RUNNERS, 'netloom.service']) {
    if (!isInstalled(unit)) continue;
    const { isEnabled, isActive } = await stateOf(unit);
    if (isEnabled) await run('systemctl', ['disable', '--quiet', unit], { okCodes: [0] });
    if (isActive) await run('systemctl', ['stop', '--quiet', unit], { okCodes: [0], timeoutMs: STOP_MS });
    if (isEnabled || isActive) stopped.push(unit);
  }
  return stopped;
}

/** Has systemd read its units again. Throws HostError. */
export async function reloadUnits(): Promise<void> {
  await run('systemctl', ['daemon-reload'], { okCodes: [0] });
}

async function stateOf(unit: string): Promise<{ readonly isEnabled: boolean; readonly isActive: boolean }> {
  const { stdout } = await run('systemctl', ['show', '--property=ActiveState,UnitFileState', unit], { okCodes: [0] });
  return { isEnabled: /^UnitFileState=enabled/m.test(stdout), isActive: !/^ActiveState=(inactive|failed)$/m.test(stdout) };
}

/** Units of ours that are at work or would be at the next boot, by name: services of networks and watchers among them. Throws HostError. */
export async function unitsNow(): Promise<readonly string[]> {
  const { stdout } = await run('systemctl', ['list-units', '--plain', '--no-legend', '--full', 'netloom*'], { okCodes: [0] });
  const active = stdout.split('\n').flatMap(line => /^(\S+)\s+\S+\s+(?:active|activating|deactivating|reloading)\s/.exec(line)?.[1] ?? []);
  const files = await run('systemctl', ['list-unit-files', '--plain', '--no-legend', '--full', '--state=enabled,enabled-runtime', 'netloom*']);
  const enabled = files.stdout.split('\n').flatMap(line => /^(\S+)\s/.exec(line)?.[1] ?? []);
  return [...new Set([...active, ...enabled])].sort();
}
