/** The wire between the nodes: this node's own end, then each peer, causes before what follows from them. */
import type { Evidence, OwnUnderlay, Peer } from './evidence.ts';
import { broken, type Judged, NOTHING, together, unknown, well, withNetworks } from './finding.ts';

/** This node's address, device and mtu, against what its Node says. */
export function judgeUnderlay(evidence: Evidence): Judged {
  const { underlay } = evidence;
  const { found, address } = underlay;
  if (found === null) return lost(evidence);
  const parts = [wrongDevice(evidence), isDown(evidence), twice(evidence), tooSmall(evidence)].filter(part => part !== NOTHING);
  return parts.length > 0 ? together(parts) : well('underlay', `${address} is on ${found.device}, mtu ${found.mtu}`);
}

/** True where this node has no address, or not for itself: what probes of the mesh say is a consequence. */
export function hasNoUnderlay(underlay: OwnUnderlay): boolean {
  return underlay.found === null || !underlay.found.isUp || othersAt(underlay).length > 0;
}

function othersAt({ rivals, ownMacs }: OwnUnderlay): readonly string[] {
  return (rivals ?? []).filter(mac => !ownMacs.includes(mac));
}

function lost({ node, place, networks, underlay: { address, device, instead, other } }: Evidence): Judged {
  const about = [`Node ${node}`, ...networks.map(network => `Network ${network}`)];
  if (other !== null)
    return broken({
      code: 'wrong-machine',
      node,
      about,
      message: `this machine has the underlay address of Node ${other} and not ${address}, that of ${node}: netloom changes nothing here`,
      cure: `correct node: in the configuration of this machine (/etc/netloom/node.yaml), or the addresses in the definitions (${place})`,
    });
  const wanted = instead.find(each => each.device === device) ?? instead[0];
  const has = instead.length === 0 ? 'no device has any' : `it has ${instead.map(each => `${each.address} on ${each.device}`).join(', ')}`;
  const cure = wanted === undefined ? `ip addr add ${address}/PREFIX dev ${device ?? 'DEVICE'}` : `ip addr add ${address}/PREFIX dev ${wanted.device}`;
  const define = wanted === undefined ? '' : `, or write underlay.address: ${wanted.address} at ${place}`;
  return broken({
    code: 'underlay-address',
    node,
    about,
    message: `no device has the underlay address ${address} that Node ${node} says (${place}); ${has}${withNetworks(networks)}`,
    cure: `${cure} (and in the machine's own configuration)${define}`,
  });
}

function wrongDevice({ node, place, underlay: { address, device, found } }: Evidence): Judged {
  if (device === undefined || found === null || found.device === device) return NOTHING;
  return broken({
    code: 'underlay-device',
    node,
    about: [`Node ${node}`],
    message: `the underlay address ${address} is on ${found.device}, and Node ${node} says ${device}`,
    cure: `write underlay.device: ${found.device} at ${place}, or move the address`,
  });
}

function isDown({ node, networks, underlay: { address, found } }: Evidence): Judged {
  if (found === null || found.isUp) return NOTHING;
  return broken({
    code: 'underlay-device',
    node,
    about: [`Node ${node}`, ...networks.map(network => `Network ${network}`)],
    message: `${found.device}, which has the underlay address ${address}, is down or has no carrier${withNetworks(networks)}`,
    cure: `ip link set ${found.device} up, and see that its cable is in`,
  });
}

function twice({ node, underlay }: Evidence): Judged {
  const { address, found } = underlay;
  const others = othersAt(underlay);
  if (others.length === 0) return NOTHING;
  return broken({
    code: 'underlay-duplicate',
    node,
    about: [`Node ${node}`],
    message: `another machine (${others.join(', ')}) has the underlay address ${address} too`,
    cure: `find it on the wire of ${found?.device ?? 'the underlay'} by its MAC, and give one of the two another address`,
  });
}

function tooSmall({ node, place, networks, underlay: { found, neededMtu } }: Evidence): Judged {
  if (found === null || found.mtu >= neededMtu) return NOTHING;
  return broken({
    code: 'underlay-mtu',
    node,
    about: [`Node ${node}`, ...networks.map(network => `Network ${network}`)],
    message: `${found.device} carries ${found.mtu} bytes and ${neededMtu} are needed, so large packets vanish${withNetworks(networks)}`,
    cure: `ip link set ${found.device} mtu ${neededMtu}, or write underlay.mtu: ${found.mtu} at ${place}`,
  });
}

/** The other nodes: whether they answer, at the whole size, and by VXLAN. */
export function judgePeers(evidence: Evidence): Judged {
  const { peers, underlay } = evidence;
  if (peers.length === 0) return NOTHING;
  if (hasNoUnderlay(underlay)) return unknown('peers', 'the other nodes: this node has no address of its own to ask them from');
  return together(peers.map(peer => judgePeer(peer, evidence)));
}

function judgePeer(peer: Peer, evidence: Evidence): Judged {
  const shared = duplicate(peer, evidence);
  // Whichever of the two answered, it says nothing of the other.
  if (shared !== NOTHING) return together([shared, unknown('peers', `the way to ${peer.node}: two machines answer for ${peer.address}`)]);
  return isGone(peer) ? gone(peer, evidence) : together([size(peer, evidence), port(peer, evidence)]);
}

/** True where nothing at all comes back from a peer. */
function isGone({ small, whole, vxlan }: Peer): boolean {
  return small !== null && whole.why !== null && vxlan.answer !== 'open' && vxlan.answer !== 'closed' && vxlan.answer !== 'refused';
}

/** True where what is sent to a peer by VXLAN does not get there, or may get elsewhere, whatever the reason. */
export function isCut(peer: Peer): boolean {
  return (peer.macs?.length ?? 0) > 1 || isGone(peer) || !['open', 'untried'].includes(peer.vxlan.answer);
}

function aboutPeer({ node, networks }: Peer): readonly string[] {
  return [`Node ${node}`, ...networks.map(network => `Network ${network}`)];
}

function gone(peer: Peer, { node }: Evidence): Judged {
  const { node: name, address, place, networks, small, vxlan } = peer;
  const why = vxlan.answer === 'unsent' ? vxlan.why : small;
  return broken({
    code: 'peer-unreachable',
    node: name,
    about: aboutPeer(peer),
    message: `${address} is not reached from ${node} by anything (${why})${withNetworks(networks)}`,
    cure: `see that ${name} is on and has ${address} (ip -br addr there), or correct underlay.address at ${place}; from ${node}: ip route get ${address}`,
  });
}

function duplicate({ node, address, macs }: Peer, evidence: Evidence): Judged {
  if (macs === null || macs.length < 2) return NOTHING;
  return broken({
    code: 'underlay-duplicate',
    node,
    about: [`Node ${node}`],
    message: `its underlay address ${address} is answered by ${macs.length} MACs (${macs.join(', ')}), as seen from ${evidence.node}: another machine has it too, or ${node} has two cards on that wire`,
    cure: `give the other machine another address; with two cards: sysctl net.ipv4.conf.all.arp_ignore=1 on ${node}`,
  });
}

function size(peer: Peer, { node, underlay }: Evidence): Judged {
  const { node: name, address, networks, small, whole, place } = peer;
  if (whole.why === null) return well('peers', `${name} answers ${whole.bytes} bytes in one piece`);
  if ((underlay.found?.mtu ?? 0) < whole.bytes)
    return unknown('underlay mtu', `the way to ${name} at ${whole.bytes} bytes: this node's own device carries less`);
  if (small !== null) return unknown('underlay mtu', `the way to ${name} at ${whole.bytes} bytes: it answers VXLAN and no echoes (${small})`);
  return broken({
    code: 'underlay-mtu',
    node: name,
    about: aboutPeer(peer),
    message: `the way from ${node} to ${address} carries no packets of ${whole.bytes} bytes, which the networks need (${whole.why})${withNetworks(networks)}`,
    cure: `raise the mtu of what is between them: ip link show on ${node} and ${name}, then the switches; or lower underlay.mtu at ${place}`,
  });
}

function port(peer: Peer, evidence: Evidence): Judged {
  const { node: name, vxlan, networks, version, ours } = peer;
  const { address, port: number } = evidence.underlay;
  const way = `UDP ${number} from ${evidence.node} (${address}) to ${name} (${peer.address})`;
  const letIn = `let it in on ${name}: iptables -I INPUT -p udp --dport ${number} -s ${address} -j ACCEPT (or as its firewall wants it)`;
  const blocked = (node: string, what: string, cure: string): Judged =>
    broken({ code: 'vxlan-blocked', node, about: aboutPeer(peer), message: `${way} ${what}${withNetworks(networks)}`, cure });
  switch (vxlan.answer) {
    case 'open':
      return well('vxlan', `UDP ${number} arrives at ${name}`);
    case 'refused':
      return blocked(name, 'is rejected by a filter', `${letIn}; nft list ruleset there shows who rejects`);
    case 'unsent':
      return blocked(evidence.node, `does not leave: ${vxlan.why}`, `nft list ruleset on ${evidence.node}: an output filter drops it`);
    case 'closed':
      return broken({
        code: 'vxlan-closed',
        node: name,
        about: aboutPeer(peer),
        message: `nobody takes UDP ${number} on ${name} (${peer.address}): it has no VXLAN device${withNetworks(networks)}`,
        cure: 'netloom reconcile',
      });
    case 'silent':
      if (version === '') return unknown('vxlan', `${way}: ${name} has never published, so it may not answer probes`);
      if (version !== null && version !== ours) return unknown('vxlan', `${way}: ${name} runs netloom ${version}, which may not answer probes of ${ours}`);
      return blocked(
        name,
        'does not arrive: a filter on the way drops it',
        `${letIn}; nft list ruleset there shows who drops it, else a filter of the wire does`,
      );
    default:
      return unknown('vxlan', `${way}: ${vxlan.why}`);
  }
}
