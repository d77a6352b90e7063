/** What links of some types say of themselves, and ports of the bridge that they are in; of other types only the name. */
import type { LinkRow } from '../../kinds/rows.ts';
import { ip } from './addresses.ts';
import { type Attributes, be16, has, nested, text, u8, u16, u32 } from './message.ts';

const INFO = { kind: 1, data: 2, slaveKind: 4, slaveData: 5 } as const;

/** `linkinfo` of a row, and the uid of a tap's owner. */
export function infoOf(info: Attributes | undefined): Pick<LinkRow, 'linkinfo' | 'owner'> {
  if (info === undefined) return {};
  const kind = text(info, INFO.kind);
  const slave = text(info, INFO.slaveKind);
  const data = nested(info, INFO.data);
  const owner = kind === 'tun' && data !== undefined ? u32(data, TUN_OWNER) : undefined;
  return {
    linkinfo: {
      ...(kind === undefined ? {} : { info_kind: kind, ...dataOf('info_data', DATA[kind], data) }),
      ...(slave === undefined ? {} : { info_slave_kind: slave, ...dataOf('info_slave_data', SLAVE_DATA[slave], nested(info, INFO.slaveData)) }),
    },
    ...(owner === undefined ? {} : { owner }),
  };
}

/** Reads one attribute as it is printed; undefined: nothing is printed. */
type Reading = (attributes: Attributes, type: number) => unknown;
type Field = readonly [name: string, type: number, read: Reading];

function dataOf(key: 'info_data' | 'info_slave_data', fields: readonly Field[] | undefined, data: Attributes | undefined): object {
  if (fields === undefined || data === undefined) return {};
  const found: Record<string, unknown> = {};
  for (const [name, type, reading] of fields) {
    const value = has(data, type) ? reading(data, type) : undefined;
    if (value !== undefined) found[name] = value;
  }
  return { [key]: found };
}

const isOn: Reading = (attributes, type) => u8(attributes, type) !== 0;

// Nothing for `0.0.0.0` and `::`.
const someIp: Reading = (attributes, type) => {
  const address = ip(attributes, type);
  return address === '0.0.0.0' || address === '::' ? undefined : address;
};

const TUN_OWNER = 1;
const TUN_TYPES = [undefined, 'tun', 'tap'];

const TUN: readonly Field[] = [
  ['type', 3, (attributes, type) => TUN_TYPES[u8(attributes, type) ?? 0]],
  ['pi', 4, isOn],
  ['vnet_hdr', 5, isOn],
  ['persist', 6, isOn],
  ['multi_queue', 7, isOn],
];

const BRIDGE: readonly Field[] = [
  ['forward_delay', 1, u32],
  ['hello_time', 2, u32],
  ['max_age', 3, u32],
  ['ageing_time', 4, u32],
  ['stp_state', 5, u32],
  ['priority', 6, u16],
  ['vlan_filtering', 7, u8],
  ['mcast_router', 22, u8],
  ['mcast_snooping', 23, u8],
  ['mcast_query_use_ifaddr', 24, u8],
  ['mcast_querier', 25, u8],
  ['nf_call_iptables', 36, u8],
  ['nf_call_ip6tables', 37, u8],
  ['nf_call_arptables', 38, u8],
];

const VXLAN: readonly Field[] = [
  ['id', 1, u32],
  ['local', 4, someIp],
  ['learning', 7, isOn],
  ['port', 15, be16],
  ['local6', 17, someIp],
];

const DATA: Readonly<Record<string, readonly Field[]>> = { tun: TUN, bridge: BRIDGE, vxlan: VXLAN };

const PORT_STATES = ['disabled', 'listening', 'learning', 'forwarding', 'blocking'];

const PORT: readonly Field[] = [
  ['state', 1, (attributes, type) => PORT_STATES[u8(attributes, type) ?? 0]],
  ['priority', 2, u16],
  ['cost', 3, u32],
  ['hairpin', 4, isOn],
  ['guard', 5, isOn],
  ['root_block', 6, isOn],
  ['fastleave', 7, isOn],
  ['learning', 8, isOn],
  ['flood', 9, isOn],
  ['proxy_arp', 10, isOn],
  ['proxy_arp_wifi', 12, isOn],
  ['multicast_router', 25, u8],
  ['mcast_flood', 27, isOn],
  ['mcast_to_unicast', 28, isOn],
  ['vlan_tunnel', 29, isOn],
  ['bcast_flood', 30, isOn],
  ['neigh_suppress', 32, isOn],
  ['isolated', 33, isOn],
  ['locked', 39, isOn],
];

const SLAVE_DATA: Readonly<Record<string, readonly Field[]>> = { bridge: PORT };
