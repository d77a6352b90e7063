/** The ways out of a gateway node, and whether floating addresses are answered for there. */
import type { Evidence, Floating } from './evidence.ts';
import { broken, type Judged, NOTHING, together, unknown, well } from './finding.ts';
import { differsIn } from './judge-kernel.ts';

/** Routers beyond this node's cards, then floating addresses. */
export function judgeOutside(evidence: Evidence): Judged {
  return together([judgeGateways(evidence), judgeFloating(evidence)]);
}

function judgeGateways({ node, outside, kernel }: Evidence): Judged {
  return together(
    outside.gateways.map(({ pool, device, address, why }) => {
      if (address === '') return unknown('upstream', `the router beyond ${device}: nothing says which it is`);
      if (why === null) return well('upstream', `${address} answers on ${device}`);
      if (differsIn(kernel, [`AddressPool ${pool}`])) return unknown('upstream', `${address} beyond ${device}: what is broken above is in the way`);
      return broken({
        code: 'upstream-gateway',
        node,
        about: [`AddressPool ${pool}`],
        message: `the upstream router ${address} of AddressPool ${pool} does not answer on ${device}: nothing reaches the outside by it`,
        cure: `see that it is on, and that ${device} is in its segment; else correct gateway of AddressPool ${pool}, or the default route of ${device}`,
      });
    }),
  );
}

function judgeFloating(evidence: Evidence): Judged {
  const { outside, frames } = evidence;
  const asked = outside.floating.filter(({ macs }) => macs !== null);
  if (asked.length === 0 && frames === null) return NOTHING;
  const judged = together(asked.map(each => judgeOne(each, evidence)));
  const answered = asked.filter(({ macs }) => macs?.length === 1).length;
  return together([judged, answered === 0 ? NOTHING : well('floating', `${answered} of ${asked.length} floating addresses are answered for`)]);
}

function judgeOne(floating: Floating, evidence: Evidence): Judged {
  const { key, address, network, mac, macs, link, error, echo } = floating;
  const { node, kernel } = evidence;
  const about = [`FloatingIP ${key}`];
  const others = (macs ?? []).filter(each => each !== mac);
  if (others.length > 0)
    return broken({
      code: 'duplicate-address',
      node,
      about,
      message: `${address} of FloatingIP ${key} is answered for by ${others.join(', ')} too, on ${link}`,
      cure: `take ${address} off that machine, or exclude it from the pool: reserved in AddressPool ${floating.pool}`,
    });
  if (macs?.length === 1) {
    if (typeof echo === 'string')
      return unknown('floating', `${address}: it is answered for; its guest did not answer an echo (${echo}), which may be as it wants`);
    return NOTHING;
  }
  if (differsIn(kernel, [...about, `Network ${network}`, `AddressPool ${floating.pool}`, `Node ${node}`]))
    return unknown('floating', `${address} of FloatingIP ${key}: it is not answered for, and what is broken above is in the way`);
  return broken({
    code: 'floating-unanswered',
    node,
    about,
    message: `nobody answers ARP for ${address} of FloatingIP ${key} on ${link}${error === undefined ? '' : ` (${error})`}: it is not reached from outside`,
    cure: `netloom reconcile; if it stays: tcpdump -ni ${link} arp and host ${address}, and nft list ruleset in the namespace of Network ${network}`,
  });
}
