/** Acts on services, files and flows as lines for a shell: what an operator would paste. The host does the same without a shell. */
import { assertNever } from '../model/bug.ts';
import type { Op, ServiceRun } from './op.ts';

type ServiceOp = Extract<Op, { op: 'service-start' | 'service-reload' | 'service-stop' }>;
type FileOp = Extract<Op, { op: 'file-write' | 'file-del' }>;

/** Where a service's notes lie, without ending: what it read last; with `.log` what it said. */
export function noteOf({ id, folder }: { readonly id: string; readonly folder: string }): string {
  return `${folder}/${id.replaceAll('/', '.')}`;
}

/** By what a process is recognised as a service of ours: words of its environment. */
export function serviceMarks({ id, folder, conf, loaded, ports }: ServiceRun): Readonly<Record<string, string>> {
  return { NETLOOM_SERVICE: id, NETLOOM_FOLDER: folder, NETLOOM_CONF: conf, NETLOOM_LOADED: loaded, NETLOOM_PORTS: ports.join(',') };
}

export function renderService(op: ServiceOp): string {
  const note = shellWord(noteOf(op));
  const mark = (name: string, value: string) => shellWord(`NETLOOM_${name}=${value}`);
  const marked = `grep -lszx ${mark('SERVICE', op.id)} /proc/[0-9]*/environ | xargs -r grep -lszx ${mark('FOLDER', op.folder)}`;
  const processes = `$(${marked} | cut -d/ -f3)`;
  switch (op.op) {
    case 'service-start':
      return `mkdir -p ${shellWord(op.folder)}\n${started(op)} </dev/null >${note}.log 2>&1`;
    case 'service-reload':
      return `for p in ${processes}; do kill -HUP $p; echo "$p ${op.loaded}" >${note}; done`;
    case 'service-stop':
      return `for p in ${processes}; do kill $p; while grep -qs . /proc/$p/cmdline; do sleep 0.1; done; done; rm -f ${note} ${note}.*`;
    default:
      return assertNever(op);
  }
}

function started(op: ServiceRun): string {
  const marks = Object.entries(serviceMarks(op)).map(([name, value]) => `${name}=${value}`);
  return ['env', ...marks, 'setsid', '--fork', 'ip', 'netns', 'exec', op.netns, op.program, ...op.argv].map(shellWord).join(' ');
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
