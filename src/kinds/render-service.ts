/** Acts on services, files and flows as lines for a shell: what an operator would paste. The host does the same without a shell. */
import { assertNever } from '../model/bug.ts';
import type { Op, ServiceRun } from './op.ts';

type ServiceOp = Extract<Op, { op: 'service-start' | 'service-reload' | 'service-stop' }>;
type FileOp = Extract<Op, { op: 'file-write' | 'file-del' }>;

/** Users that a service may run as, the first that the node has; dnsmasq's packages make one for it. */
export const SERVICE_USERS = ['dnsmasq', 'nobody'] as const;

/** What a service may do beside what everybody may: hold ports below 1024, and what dnsmasq does not start DHCP without. */
export const SERVICE_CAPABILITIES = ['net_bind_service', 'net_admin'] as const;

/** What it may besides where not everybody gets to its files: it reads them again long after its start. */
export const SEARCH_CAPABILITY = 'dac_read_search';

/** Where a service's notes lie, without ending: what it read last; with `.marks` what it was started with, with `.log` what it said. */
export function noteOf({ id, folder }: { readonly id: string; readonly folder: string }): string {
  return `${folder}/${id.replaceAll('/', '.')}`;
}

/**
 * What is noted about a service before it starts, since nobody else may read what a process of another user is. Two lines more
 * are added on the spot: the inode of its namespace (`netns`), and of its leases with their path (`leases`).
 */
export function serviceMarks({ conf, loaded, ports, links }: ServiceRun): string {
  return `conf=${conf}\nloaded=${loaded}\nports=${ports.join(',')}\nlinks=${links.join(',')}\n`;
}

/** Words before a program's: it has this user and these capabilities, and cannot get others. */
export function unprivileged(user: string, group: string, capabilities: readonly string[]): readonly string[] {
  const all = ['-all', ...capabilities.map(name => `+${name}`)].join(',');
  const sets = ['inh', 'ambient', 'bounding'].map(set => (set === 'bounding' ? `--bounding-set=${all}` : `--${set}-caps=${all}`));
  return [`--reuid=${user}`, `--regid=${group}`, '--clear-groups', ...sets, '--no-new-privs'];
}

export function renderService(op: ServiceOp): string {
  const note = shellWord(noteOf(op));
  switch (op.op) {
    case 'service-start':
      return `${marked(op)}\n${started(op)} </dev/null >${note}.log 2>&1`;
    case 'service-reload':
      return `for p in ${processesOf(op)}; do kill -HUP $p; echo "$p ${op.loaded}" >${note}; done`;
    case 'service-stop':
      return `for p in ${processesOf(op)}; do kill $p; while grep -qs . /proc/$p/cmdline; do sleep 0.1; done; done; rm -f ${note} ${note}.*`;
    default:
      return assertNever(op);
  }
}

/** The pids of a service, as words of a shell: anybody may have its words, so that of its user alone count. */
export function processesOf({ id, folder }: { readonly id: string; readonly folder: string }): string {
  const pattern = `^\\S*${id.split('/')[1]} .*--conf-file=${confOf({ id, folder }).replaceAll(/[.*[\]\\^$]/g, '\\$&')}( |$)`;
  return `$(pgrep -u "$(id -u ${SERVICE_USERS[0]} 2>/dev/null || id -u ${SERVICE_USERS[1]})" -f -- ${shellWord(pattern)})`;
}

function confOf({ id, folder }: { readonly id: string; readonly folder: string }): string {
  const [uuid = '', program = ''] = id.split('/');
  return `${folder.slice(0, folder.lastIndexOf('/'))}/networks/${uuid}/${program}.conf`;
}

function marked(op: ServiceRun): string {
  const marks = `${shellWord(noteOf(op))}.marks`;
  const leases = op.leases === undefined ? undefined : shellWord(op.leases.path);
  const lines = [
    `mkdir -p ${shellWord(op.folder)}`,
    `u=$(id -un ${SERVICE_USERS[0]} 2>/dev/null || echo ${SERVICE_USERS[1]})`,
    ...(leases === undefined ? [] : [`touch ${leases} && chown $u ${leases}`]),
    `printf %s ${shellWord(serviceMarks(op))} >${marks}`,
    `stat -Lc netns=%i /run/netns/${shellWord(op.netns)} >>${marks}`,
    ...(leases === undefined ? [] : [`stat -c 'leases=%i %n' ${leases} >>${marks}`]),
  ];
  return lines.join('\n');
}

function started(op: ServiceRun): string {
  const words = unprivileged('$u', '$(id -g $u)', SERVICE_CAPABILITIES).map(word => (word.includes('-all') ? `${word}$r` : word));
  const asked = `setpriv --reuid=$u --regid=$(id -g $u) --clear-groups test -r ${shellWord(confOf(op))} && r= || r=,+${SEARCH_CAPABILITY}`;
  return `${asked}
setsid --fork ip netns exec ${shellWord(op.netns)} setpriv ${words.join(' ')} ${[op.program, ...op.argv].map(shellWord).join(' ')}`;
}

export function renderFile(op: FileOp): string {
  const path = shellWord(op.path);
  const folder = shellWord(op.path.slice(0, op.path.lastIndexOf('/')));
  if (op.op === 'file-del') return `rm -f ${path}; rmdir --ignore-fail-on-non-empty ${folder}`;
  return `mkdir -p ${folder} && printf %s ${shellWord(op.text)} >${path}`;
}

/** conntrack deletes by one condition at a time, and ends with 1 where there is nothing to delete. */
export function renderFlows(enter: string, ip: string): string {
  return `for way in -d -q; do ${enter}conntrack -D $way ${shellWord(ip)} >/dev/null 2>&1 || :; done`;
}

/** A word that a shell takes for one, whatever is in it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
