/** DHCP and DNS of a network, on its gateway node: dnsmasq in the network's namespace, and the files that it reads. */
import { file, fileOf, textHash } from '../kinds/file.ts';
import type { Origin } from '../kinds/kind.ts';
import { service } from '../kinds/service.ts';
import type { NetworkEntry } from '../model/ledger.ts';
import { vethNames } from '../model/names.ts';
import { servicePaths, serviceTexts } from './dhcp.ts';
import { networkMtu } from './mesh.ts';
import type { Compiled, NetworkDef, NodeView, Trouble } from './object.ts';
import { servesDhcp, servesDns } from './services.ts';
import { want } from './want.ts';

const PROGRAM = 'dnsmasq';
const DHCP_PORT = 67;
const DNS_PORT = 53;

/** What serves the network's guests; nothing where the definitions ask for none. */
export function servicesPart(self: NetworkDef, entry: NetworkEntry, view: NodeView, from: Origin): Compiled {
  const runtime = view.facts.runtimeFolder ?? '/run/netloom';
  const folder = `${runtime}/networks/${entry.uuid}`;
  const texts = serviceTexts(self, entry, view.catalog, networkMtu(self, view.catalog), folder);
  if (texts === undefined) return { resources: [], troubles: [] };
  const paths = servicePaths(folder);
  const files = [fileOf(paths.conf, texts.conf), fileOf(paths.hosts, texts.hosts), fileOf(paths.names, texts.names)];
  const argv = [`--conf-file=${paths.conf}`, '--keep-in-foreground'];
  const run = {
    netns: entry.uuid,
    id: `${entry.uuid}/${PROGRAM}`,
    program: PROGRAM,
    argv,
    conf: textHash([...argv, texts.conf].join('\n')),
    loaded: textHash(`${texts.hosts}\n${texts.names}`),
    answers: true,
    ports: [...(servesDhcp(self, view.catalog) ? [DHCP_PORT] : []), ...(servesDns(self, view.catalog) ? [DNS_PORT] : [])],
    links: [vethNames(entry.vxid).inner],
    files: [...files.map(each => each.path), paths.leases],
    folder: `${runtime}/services`,
    leases: { path: paths.leases, known: texts.leases },
  };
  const read = [
    ...files.map(spec => want(file, spec, from)),
    // dnsmasq writes it; here it only is there, and goes with the network.
    want(file, { path: paths.leases, hash: undefined, text: '' }, from),
  ];
  if (view.facts.programs?.dnsmasq === false) return { resources: read, troubles: [missing(view.node.name, from)] };
  return { resources: [...read, want(service, run, from)], troubles: [] };
}

function missing(node: string, { definition }: Origin): Trouble {
  const message = `${node} has no dnsmasq: guests get no address by DHCP and resolve no names, all else works; install the package dnsmasq-base`;
  return { definition, reason: 'DnsmasqMissing', message, fatal: false };
}
