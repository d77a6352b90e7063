/** What a machine must be before it becomes a node: each question judged by itself, from what was found, so that all is told at once. Pure. */
import { NEEDED_PROGRAMS, WELCOME_PROGRAMS } from '../model/programs.ts';
import { SKEW_TOLD_MS } from '../model/skew.ts';
import type { NodeDef } from '../objects/object.ts';
import { LEFT } from '../report/condition.ts';
import type { NodeReport } from '../report/node-report.ts';
import { isSilent } from '../report/state.ts';

export interface Check {
  readonly name: string;
  /** `unknown`: could not be found out, because of what another one tells. */
  readonly state: 'ok' | 'warning' | 'failed' | 'unknown';
  readonly message: string;
  /** What to do; imperative. */
  readonly todo?: string;
  /** Failed, and a person may go on all the same. */
  readonly mayForce?: boolean;
}

export function ok(name: string, message: string): Check {
  return { name, state: 'ok', message };
}

/** True when nothing may be written. */
export function isRefused(checks: readonly Check[], force: boolean): boolean {
  return checks.some(({ state, mayForce }) => state === 'failed' && !(force && mayForce === true));
}

const SKEW_MOST_MS = 5 * 60_000;

/**
 * The clock: what is quarantined, forgotten, silent and trusted depends on it.
 *
 * @param aheadMs  how much later it is here than there; null when nobody told
 * @param by       `the git server`
 */
export function clockCheck(aheadMs: number | null, by: string): Check {
  if (aheadMs === null) return { name: 'clock', state: 'unknown', message: 'nobody says what time it is' };
  const skew = Math.abs(aheadMs);
  const seconds = Math.round(skew / 1000);
  if (skew <= SKEW_TOLD_MS) return ok('clock', `${seconds} s from that of ${by}`);
  const message = `it is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of ${by}`;
  return {
    name: 'clock',
    state: skew > SKEW_MOST_MS ? 'failed' : 'warning',
    message,
    todo: 'let it be set: apt install systemd-timesyncd, or chrony',
    mayForce: true,
  };
}

export interface NameArgs {
  readonly name: string;
  /** What stands on the status branch under the name. */
  readonly report: NodeReport | undefined;
  /** Who made it, as far as this machine remembers. */
  readonly voice: 'ours' | 'another' | 'unknown';
  /** This machine has the address that the definitions give to the name. */
  readonly hasAddress: boolean;
  readonly now: string;
}

/** Whether another machine has the name already. */
export function nameCheck({ name, report, voice, hasAddress, now }: NameArgs): Check {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
    return {
      name: 'name',
      state: 'failed',
      message: `${JSON.stringify(name)} is no name for a Node`,
      todo: 'name it with --node: lower-case letters, digits, dashes',
    };
  if (report === undefined) return ok('name', `${name}: nobody publishes under it`);
  if (report.conditions.some(({ type, reason }) => type === 'Ready' && reason === LEFT)) return ok('name', `${name}: who had it has left`);
  if (voice === 'ours') return ok('name', `${name}: this machine has published under it`);
  if (isSilent(report, now) || (voice === 'unknown' && hasAddress))
    return ok('name', `${name}: last heard ${report.heard}, taken for this machine before it was set up anew`);
  return {
    name: 'name',
    state: 'failed',
    message: `NameTaken: another machine publishes as ${name}, last heard ${report.heard}`,
    todo: 'give this machine a name of its own (--node), or stop netloom on the other one and wait until it is silent',
  };
}

/** What is known of the underlay here. */
export interface Found {
  readonly device: string;
  readonly address: string;
  readonly mtu: number;
  readonly isUp: boolean;
}

export interface UnderlayArgs {
  readonly name: string;
  /** The definition of this node; undefined where there is none yet. */
  readonly node: NodeDef | undefined;
  readonly others: readonly NodeDef[];
  readonly found: Found | null;
  /** Why nothing was found. */
  readonly why: string;
}

/** Whether the machine has the address and the device that its Node says, or ones that no other Node has. */
export function underlayCheck({ name, node, others, found, why }: UnderlayArgs): Check {
  const failed = (message: string, todo: string): Check => ({ name: 'underlay', state: 'failed', message, todo });
  if (found === null) return failed(why, 'give the machine an address on the wire of the other nodes, or name the one it has with --address');
  const other = others.find(each => each.spec.underlay.address === found.address);
  if (other !== undefined)
    return failed(`${found.address} is the underlay address of Node ${other.name}`, 'correct --node, or give this machine an address of its own');
  const said = node?.spec.underlay;
  const where = node === undefined ? '' : `${node.at.file}:${node.at.line}`;
  if (said !== undefined && said.address !== found.address)
    return failed(
      `Node ${name} has ${said.address} (${where}), this machine ${found.address} on ${found.device}`,
      `correct --node, the machine's address, or the definition`,
    );
  if (said?.device !== undefined && said.device !== found.device)
    return failed(`${found.address} is on ${found.device}, and Node ${name} says ${said.device} (${where})`, 'correct the device in the definition');
  if (!found.isUp) return failed(`${found.device}, which has ${found.address}, is down`, `ip link set ${found.device} up, and see that a cable is in it`);
  return ok('underlay', `${found.address} on ${found.device}`);
}

export interface MtuArgs {
  readonly found: Found | null;
  /** What the Cluster says of the wire. */
  readonly cluster: number;
  /** What the Node says, or is to say. */
  readonly declared: number | undefined;
}

/** Whether the device carries what the cluster counts on: what is larger would vanish without a word. */
export function mtuCheck({ found, cluster, declared }: MtuArgs): Check {
  if (found === null) return { name: 'mtu', state: 'unknown', message: 'no underlay device was found' };
  const needed = declared ?? cluster;
  if (found.mtu >= needed) return ok('mtu', `${found.device} carries ${found.mtu}, ${needed} is needed`);
  return {
    name: 'mtu',
    state: 'failed',
    message: `${found.device} carries ${found.mtu}, and the ${declared === undefined ? 'Cluster' : 'Node'} says ${needed}`,
    todo: `raise it where the machine's network is configured, or say --mtu ${found.mtu}, by which all networks become smaller`,
    mayForce: true,
  };
}

/** Whether this machine is a node already: the same again is harmless, another one is not. */
export function configurationCheck(path: string, was: { readonly node: string; readonly url: string } | null, node: string, url: string): Check {
  if (was === null) return ok('configuration', `${path} is to be written`);
  if (was.node === node && was.url === url) return ok('configuration', `${path} is there already`);
  const message = `${path} says that this machine is ${was.node} of ${was.url}`;
  const other: Check = {
    name: 'configuration',
    state: 'failed',
    message,
    todo: `netloom leave ends that first; a repository that has moved is corrected in ${path}`,
  };
  // What it keeps and has in the kernel is of that repository.
  return was.url === url ? { ...other, todo: 'netloom leave ends that first; --force gives it the new name', mayForce: true } : other;
}

/** Programs that are missing, by the Debian packages that have them. */
export function programChecks(has: (program: string) => boolean, packageOf: (program: string) => string): readonly Check[] {
  const packages = (programs: readonly string[]): string => `apt install ${[...new Set(programs.map(packageOf))].join(' ')}`;
  const missing = NEEDED_PROGRAMS.filter(program => !has(program));
  const welcome = Object.keys(WELCOME_PROGRAMS).filter(program => !has(program));
  return [
    missing.length === 0
      ? ok('programs', NEEDED_PROGRAMS.join(', '))
      : { name: 'programs', state: 'failed', message: `missing: ${missing.join(', ')}`, todo: packages(missing) },
    ...(welcome.length === 0
      ? []
      : [
          {
            name: 'more programs',
            state: 'warning' as const,
            message: `missing: ${welcome.map(program => `${program} (${WELCOME_PROGRAMS[program]})`).join(', ')}`,
            todo: packages(welcome),
          },
        ]),
  ];
}
