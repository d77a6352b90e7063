/** `netloom create`: options to a new definition. */
import { type Asked, create, createFloated } from '../edit/create.ts';
import { assignmentOf } from '../edit/metadata.ts';
import type { Value } from '../edit/yaml-text.ts';
import { carryOut, refusing } from './edit-command.ts';
import type { WaitOptions } from './edit-options.ts';
import { CommandError, type ExitCode } from './exit.ts';

type Options<T = object> = WaitOptions & T & { readonly label: readonly string[] };

interface NetworkOptions {
  readonly dhcp: boolean;
  readonly nat: boolean;
  readonly dns?: true;
  readonly egress?: string;
  readonly pool?: string;
  readonly mtu?: string;
  readonly vxid?: string;
}

interface InterfaceOptions {
  readonly network: string;
  readonly node?: string;
  readonly address?: string;
  readonly mac?: string;
  readonly attach?: string;
  readonly instance?: string;
  readonly order?: string;
  readonly float?: string | true;
}

interface HolderOptions {
  readonly interface?: string;
  readonly network?: string;
  readonly pool?: string;
  readonly address?: string;
}

/** Prints, writes, commits or pushes a new Network. */
export async function createNetworkCommand(name: string, cidr: string | undefined, options: Options<NetworkOptions>): Promise<ExitCode> {
  const { dhcp, nat, dns, egress, pool, mtu, vxid } = options;
  if (!nat && egress !== undefined) throw new CommandError('--no-nat and --egress exclude each other', { hint: '--no-nat is --egress none' });
  const spec = {
    cidr,
    mtu: numberOf('--mtu', mtu),
    vxid: /^0x/i.test(vxid ?? '') ? vxid?.toLowerCase() : numberOf('--vxid', vxid),
    dhcp: dhcp ? undefined : false,
    nat: nat ? undefined : false,
    dns,
    egress,
    pool,
  };
  const asked = await askedOf(name, options, spec);
  return carryOut(options, definitions => create(definitions, 'Network', asked));
}

/** The same for an Interface, with a FloatingIP where that is asked for. */
export async function createInterfaceCommand(name: string, options: Options<InterfaceOptions>): Promise<ExitCode> {
  const { network, node, instance, order, address, mac, attach, float } = options;
  if (options.wait && node === undefined)
    throw new CommandError('--wait would never end: an Interface without a node is nowhere', { hint: 'add --node, or leave --wait out' });
  const spec = { network, node, instance, order: numberOf('--order', order), address, mac, attach: attachOf(attach) };
  const asked = await askedOf(name, options, spec);
  if (float === undefined) return carryOut(options, definitions => create(definitions, 'Interface', asked));
  return carryOut(options, definitions => createFloated(definitions, asked, float === true ? '' : float));
}

/** The same for a FloatingIP. */
export async function createFloatingCommand(name: string, options: Options<HolderOptions>): Promise<ExitCode> {
  const { pool, address } = options;
  const asked = await askedOf(name, options, { pool, interface: options.interface, address });
  return carryOut(options, definitions => create(definitions, 'FloatingIP', asked));
}

/** The same for a RoutedIP. */
export async function createRoutedCommand(name: string, options: Options<HolderOptions>): Promise<ExitCode> {
  const { pool, network, address } = options;
  const asked = await askedOf(name, options, { pool, network, address });
  return carryOut(options, definitions => create(definitions, 'RoutedIP', asked));
}

// `acme/web` names the tenant too.
async function askedOf(name: string, { namespace, label, file }: Options, spec: Asked['spec']): Promise<Asked> {
  const slash = name.indexOf('/');
  const labels = (await refusing(() => label.map(assignmentOf))).flatMap(({ key, value }) => (value === null ? [] : [[key, value] as const]));
  return { namespace: slash < 0 ? namespace : name.slice(0, slash), name: name.slice(slash + 1), labels: Object.fromEntries(labels), spec, file };
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined || /^\d{1,9}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new CommandError(`${option} ${text} is no number`, { hint: option === '--vxid' ? 'such as 14823439 or 0xe2300f' : 'digits alone' });
}

const DEVICES = { tap: 'ifname', netns: 'name', bridge: 'port', host: 'ifname' } as const;

function attachOf(text: string | undefined): Value | undefined {
  if (text === undefined) return undefined;
  const [how = '', ...rest] = text.split(':');
  const name = rest.join(':');
  const field = Object.hasOwn(DEVICES, how) ? DEVICES[how as keyof typeof DEVICES] : undefined;
  if (field === undefined || (how === 'netns' && name === '') || (rest.length > 0 && name === ''))
    throw new CommandError(`--attach ${text} is no way to attach a guest`, { hint: 'tap, netns:NAME, bridge or host; tap:IFNAME, bridge:PORT, host:IFNAME' });
  return { [how]: name === '' ? {} : { [field]: name } };
}
