/** What the segments of networks answered to frames out of their own bridges: DHCP, and who has which address. */
import type { Evidence, Segment } from './evidence.ts';
import { broken, type Judged, NOTHING, some, together, unknown, well } from './finding.ts';
import { differsIn, strays } from './judge-kernel.ts';
import { hasNoUnderlay, isCut } from './judge-underlay.ts';

/** All networks of this node. */
export function judgeSegments(evidence: Evidence): Judged {
  const { segments, frames } = evidence;
  if (segments.length === 0) return NOTHING;
  if (frames !== null) return unknown('segments', `DHCP, floating addresses and duplicate addresses: ${frames}`);
  const asked = segments.flatMap(({ addresses }) => addresses);
  const duplicates = segments.map(each => together([duplicate(each, evidence), otherDhcp(each, evidence)]));
  const few = segments.some(({ skipped }) => skipped > 0)
    ? [unknown('addresses', `${segments.reduce((sum, { skipped }) => sum + skipped, 0)} addresses of large networks: only the first of each were asked for`)]
    : [];
  const quiet = together(duplicates).findings.length === 0 ? [well('addresses', `${asked.length} addresses have one holder at most`)] : [];
  return together([...duplicates, ...quiet, ...few, judgeRouters(evidence), judgeDhcp(evidence)]);
}

function duplicate({ network, addresses }: Segment, { node, kernel }: Evidence): Judged {
  const found = addresses.filter(({ macs, mac, isShared }) => !isShared && macs.some(each => each !== mac));
  return together(
    found.map(({ ip, owner, mac, macs }) => {
      const others = macs.filter(each => each !== mac);
      const isPlanned = strays(kernel).has(ip);
      return broken({
        code: 'duplicate-address',
        node,
        about: [`Network ${network}`, owner],
        message: `${ip} of ${owner} (${mac}) is answered for by ${others.map(each => nameOf(each, addresses)).join(' and ')} too, in Network ${network}`,
        cure: `${isPlanned ? `netloom reconcile takes ${ip} off it: see who gave it, or` : `take ${ip} off that guest, or`} allow it there: allowedAddresses: [${ip}] in its Interface`,
      });
    }),
  );
}

function nameOf(mac: string, addresses: Segment['addresses']): string {
  const owner = addresses.find(each => each.mac === mac)?.owner;
  return owner === undefined ? `${mac}, which no definition has` : `${owner} (${mac})`;
}

function otherDhcp({ network, dhcp, routerMac }: Segment, { node }: Evidence): Judged {
  const others = (dhcp?.macs ?? []).filter(mac => mac !== routerMac);
  if (others.length === 0) return NOTHING;
  return broken({
    code: 'foreign-dhcp',
    node,
    about: [`Network ${network}`],
    message: `a DHCP server that is not netloom's answers in Network ${network}: ${others.join(', ')}`,
    cure: 'end it: find the guest by its MAC (netloom get interfaces), and see that it has spoofProtection',
  });
}

// What is silent because of something that was told already is not told again.
function judgeRouters(evidence: Evidence): Judged {
  const asked = evidence.segments.filter(({ echo }) => echo !== null);
  const silent = asked.filter(isMute);
  const failed = silent.filter(each => !isExplained(each, evidence));
  return together([
    ...byRouter(failed, (router, its) => silence(router, its, evidence)),
    counted('routers', asked.length - silent.length, 'answers an echo from a guest', 'answer echoes from guests'),
    inTheWay('routers', silent.length - failed.length),
  ]);
}

function judgeDhcp(evidence: Evidence): Judged {
  const asked = evidence.segments.filter(({ dhcp }) => dhcp !== null);
  const silent = asked.filter(({ dhcp, routerMac }) => !dhcp?.macs.includes(routerMac));
  const failed = silent.filter(each => !isMute(each) && !isExplained(each, evidence));
  return together([
    ...byRouter(failed, (router, its) => noOffers(router, its, evidence)),
    counted('dhcp', asked.length - silent.length, 'offers addresses', 'offer addresses'),
    inTheWay('dhcp', silent.length - failed.length),
  ]);
}

/** One judgement for each router that some of them ask, by its name. */
function byRouter(segments: readonly Segment[], judge: (router: string, its: readonly Segment[]) => Judged): readonly Judged[] {
  const routers = [...new Set(segments.map(({ router }) => router))].sort();
  return routers.map(router =>
    judge(
      router,
      segments.filter(each => each.router === router),
    ),
  );
}

function counted(check: string, count: number, does: string, doThey: string): Judged {
  return count === 0 ? NOTHING : well(check, count === 1 ? `1 network ${does}` : `${count} networks ${doThey}`);
}

function inTheWay(check: string, count: number): Judged {
  return count === 0 ? NOTHING : unknown(check, `${count} ${count === 1 ? 'network' : 'networks'}: what is broken above is in the way`);
}

function isMute({ echo }: Segment): boolean {
  return echo?.isAnswered === false;
}

function isExplained({ network, router }: Segment, { node, kernel, peers, underlay }: Evidence): boolean {
  if (differsIn(kernel, [`Network ${network}`, `Node ${node}`])) return true;
  if (router === node) return false;
  return hasNoUnderlay(underlay) || peers.some(peer => peer.node === router && isCut(peer));
}

function noOffers(router: string, silent: readonly Segment[], { node }: Evidence): Judged {
  return broken({
    code: 'dhcp-silent',
    node: router,
    about: silent.map(({ network }) => `Network ${network}`),
    message: `dnsmasq offers no addresses in ${some(silent.map(({ network }) => network))}, asked from ${node}; the router itself answers`,
    cure: `netloom reconcile there (it asks every dnsmasq, and replaces one that does not answer); its log: journalctl -t dnsmasq`,
  });
}

// What this node sends gets there: the probe of the VXLAN port says so. So it is the way back, or the router.
function silence(router: string, silent: readonly Segment[], { node, underlay, peers }: Evidence): Judged {
  const about = silent.map(({ network }) => `Network ${network}`);
  const names = some(silent.map(({ network }) => network));
  const peer = peers.find(each => each.node === router);
  if (peer === undefined || peer.vxlan.answer !== 'open') {
    return broken({
      code: 'router-silent',
      node: router,
      about,
      message: `the router of ${names} does not answer echoes from its guests, asked from ${node}`,
      cure: `netloom doctor on ${router}, or here with --ssh ${router}; nft list ruleset in its namespace`,
    });
  }
  return broken({
    code: 'vxlan-back',
    node,
    about,
    message: `UDP ${underlay.port} from ${router} (${peer.address}) to ${node} (${underlay.address}) does not arrive: the other direction does, and no answer of the router comes back in ${names}`,
    cure: `let it in on ${node}: iptables -I INPUT -p udp --dport ${underlay.port} -s ${peer.address} -j ACCEPT; netloom doctor --ssh ${router} asks it from there`,
  });
}
