/**
 * Processes that serve a network from inside its namespace. A process tells by its arguments which one it is, and notes beside
 * it what it read when it started, and since; whether it answers is asked, not guessed from its being there.
 */
import { brief, fileRef } from './file.ts';
import type { Difference, Kind, Observed, Tie } from './kind.ts';
import type { ServiceRun } from './op.ts';
import { addressesRef, linkRef, netnsRef } from './refs.ts';
import type { ServiceRow } from './rows.ts';

export interface ServiceSpec {
  readonly netns: string;
  /** `<uuid of the network>/dnsmasq`. */
  readonly id: string;
  /** `dnsmasq`: looked up among the node's programs. */
  readonly program: string;
  /** By `--conf-file=<runtime folder>/networks/<uuid>/<program>.conf` in it the process is found again. */
  readonly argv: readonly string[];
  /** Hash of everything that it reads when it starts, its argv included. */
  readonly conf: string;
  /** Hash of everything that it reads again when it is told to. */
  readonly loaded: string;
  /** Always true when wanted. */
  readonly answers: boolean;
  /** Ports of UDP that it must hold: 67 for DHCP, 53 for DNS. What nobody serves there it does not answer. */
  readonly ports: readonly number[];
  /** ifnames in its namespace that it serves on. */
  readonly links: readonly string[];
  /** Absolute paths of the files that it reads. */
  readonly files: readonly string[];
  /** Where notes about services are kept: `<runtime folder>/services`. */
  readonly folder: string;
  /** The file of leases, and which may be in it: `<mac> <ip>`. Others are released when it is started or told to read again. */
  readonly leases?: { readonly path: string; readonly known: readonly string[] };
}

export const service: Kind<ServiceSpec> = {
  name: 'service',
  insists: true,
  title: 'service',
  fields: {
    netns: 'fixed',
    id: 'key',
    program: 'policy',
    argv: 'policy',
    conf: 'fixed',
    loaded: 'live',
    answers: 'fixed',
    ports: 'policy',
    links: 'policy',
    files: 'policy',
    folder: 'policy',
    leases: 'policy',
  },
  ref: s => `service:${s.id}`,
  ties,
  claims: () => [],
  readsAs: asRead,
  parse: rows => rows.services.map(observe),
  tell,
  carries: () => false,
  create: s => [{ op: 'service-start', ...runOf(s) }],
  update: s => [{ op: 'service-reload', ...runOf(s) }],
  remove: s => [{ op: 'service-stop', id: s.id, folder: s.folder }],
  impact: { make: 'no-traffic', delete: 'new-flows', fields: { loaded: 'no-traffic' } },
};

// What a hash stands for says more than the hash.
function tell(field: string, want: ServiceSpec, have: ServiceSpec): readonly Difference[] {
  if (field === 'conf') return [{ sign: '~', text: `conf: ${brief(have.conf)} -> ${brief(want.conf)}` }];
  if (field === 'loaded') return [{ sign: '~', text: `loaded: ${brief(have.loaded)} -> ${brief(want.loaded)}` }];
  return [{ sign: '~', text: field === 'answers' ? `answers: ${have.answers} -> ${want.answers}` : `netns: ${have.netns || 'none'} -> ${want.netns}` }];
}

// A process that lives keeps a namespace whose name is gone, and all that is in it: so it goes before.
function ties(s: ServiceSpec): readonly Tie[] {
  const isSeen = s.netns !== '' && s.netns !== '?';
  return [
    ...(isSeen ? [{ to: netnsRef(s.netns), when: 'first' } as const] : []),
    ...s.links.flatMap(link => [linkRef(s.netns, link), addressesRef(s.netns, link, '0.0.0.0')]).map(to => ({ to, when: 'first' }) as const),
    ...s.files.map(path => ({ to: fileRef(path), when: 'again' }) as const),
  ];
}

function runOf({ netns, id, program, argv, conf, loaded, ports, links, folder, leases }: ServiceSpec): ServiceRun {
  return { netns, id, program, argv, conf, loaded, ports, links, folder, ...(leases === undefined ? {} : { leases }) };
}

function asRead({ id, netns, conf, loaded, answers, folder }: ServiceRow): ServiceSpec {
  return { netns, id, program: '', argv: [], conf, loaded, answers, ports: [], links: [], files: [], folder };
}

function observe(row: ServiceRow): Observed<ServiceSpec> {
  const spec = asRead(row);
  return { kind: 'service', ref: service.ref(spec), spec, owner: 'ours' };
}
