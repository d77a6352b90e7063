/** The table of kinds: all kernel state that netloom knows. Adding a kind is a file here and a line below. */
import { address } from './address.ts';
import { announce } from './announce.ts';
import { bridge } from './bridge.ts';
import { far } from './far.ts';
import { fdb } from './fdb.ts';
import { file } from './file.ts';
import { flood } from './flood.ts';
import type { AnyKind, Kinds } from './kind.ts';
import { neigh } from './neigh.ts';
import { netns } from './netns.ts';
import { nft } from './nft.ts';
import { otherLink } from './other-link.ts';
import { port } from './port.ts';
import { proxy } from './proxy.ts';
import { route } from './route.ts';
import { rule } from './rule.ts';
import { service } from './service.ts';
import { sysctl } from './sysctl.ts';
import { tap } from './tap.ts';
import { veth } from './veth.ts';
import { vtep } from './vtep.ts';
import { vxlan } from './vxlan.ts';

const ALL: readonly AnyKind[] = [
  netns,
  bridge,
  vxlan,
  veth,
  far,
  tap,
  otherLink,
  port,
  address,
  route,
  neigh,
  flood,
  vtep,
  fdb,
  nft,
  sysctl,
  rule,
  proxy,
  announce,
  file,
  service,
];

/** Every kind by its name. */
export const KINDS: Kinds = new Map(ALL.map(kind => [kind.name, kind]));
