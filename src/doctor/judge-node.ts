/** The machine itself, what people told it, its clock, git, and what the nodes said of themselves. */
import { SKEW_TOLD_MS } from '../model/skew.ts';
import type { Branches, Evidence, Standing } from './evidence.ts';
import { broken, type Judged, NOTHING, some, together, unknown, well } from './finding.ts';

/** Programs and parts of the kernel. */
export function judgeMachine({ node, machine }: Evidence): Judged {
  const { programs, features } = machine;
  const missing = programs.map(({ program }) => program);
  const found = [
    ...(missing.length === 0
      ? []
      : [
          broken({
            code: 'program-missing',
            node,
            about: [`Node ${node}`],
            message: `${some(missing)} ${missing.length === 1 ? 'is' : 'are'} not installed`,
            cure: `apt install ${[...new Set(programs.map(({ of }) => of))].join(' ')}`,
          }),
        ]),
    ...features.map(({ name, todo }) =>
      broken({ code: 'kernel-feature-missing', node, about: [`Node ${node}`], message: `the kernel has no ${name}`, cure: todo }),
    ),
  ];
  return found.length === 0 ? well('machine', 'programs and kernel features are there') : together(found);
}

/** What people told this node: what differs on it is then not put right. */
export function judgeWord({ node, word }: Evidence): Judged {
  const about = [`Node ${node}`];
  if (word.suspended !== null)
    return broken({
      code: 'suspended',
      node,
      about,
      message: `this node was suspended ${word.suspended}: it follows no revision and repairs nothing`,
      cure: 'netloom resume',
    });
  if (word.mode === 'observe')
    return broken({
      code: 'observe-only',
      node,
      about,
      message: 'this node only observes: it applies nothing',
      cure: 'write mode: enforce in its configuration (/etc/netloom/node.yaml)',
    });
  return NOTHING;
}

/** git, and the clock by what git and the other nodes say. */
export function judgeBranches(evidence: Evidence): Judged {
  const { node, branches } = evidence;
  const remote =
    branches.why === null
      ? well('git', `${branches.url} answers`)
      : broken({
          code: 'remote',
          node,
          about: [`Node ${node}`],
          message: `the git remote cannot be read, so new revisions do not arrive (the last good one stays enforced): ${branches.why}`,
          cure: `see from here: git ls-remote ${branches.url}`,
        });
  const nodes = branches.nodes ?? [];
  const told =
    branches.nodes === null ? [unknown('nodes', 'what the other nodes say of themselves: git does not answer')] : nodes.map(each => standing(each, evidence));
  return together([judgeClock(evidence), remote, ...told]);
}

function judgeClock({ node, at, branches }: Evidence): Judged {
  const early = futureOf(branches, at);
  const byServer = branches.aheadMs;
  if (byServer === null && branches.nodes === null) return unknown('clock', 'nobody says what time it is');
  if (byServer !== null && Math.abs(byServer) > SKEW_TOLD_MS) return clockOff(node, byServer, 'the git server');
  if (early !== null && early.aheadMs > SKEW_TOLD_MS) {
    // Where the git server agrees with this node, the other one is wrong.
    return byServer === null ? clockOff(node, -early.aheadMs, `Node ${early.node}`) : clockOff(early.node, early.aheadMs, node);
  }
  return well(
    'clock',
    byServer === null ? 'no node says a time that is still to come' : `${Math.round(Math.abs(byServer) / 1000)} s from that of the git server`,
  );
}

// Who published at a time that has not come yet here.
function futureOf({ nodes }: Branches, at: string): { readonly node: string; readonly aheadMs: number } | null {
  const found = (nodes ?? []).flatMap(({ node, heard }) => (heard === '' ? [] : [{ node, aheadMs: Date.parse(heard) - Date.parse(at) }]));
  return found.sort((a, b) => b.aheadMs - a.aheadMs)[0] ?? null;
}

/** A clock that is off, by which other one. */
export function clockOff(node: string, aheadMs: number, by: string): Judged {
  const message = `its clock is ${Math.round(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of ${by}`;
  return broken({ code: 'clock', node, about: [`Node ${node}`], message, cure: 'let it be set: apt install systemd-timesyncd (or chrony), then timedatectl' });
}

function standing({ node, state, reason, message, behind, heard }: Standing, evidence: Evidence): Judged {
  const isSelf = node === evidence.node;
  const about = [`Node ${node}`];
  const since = heard === '' ? '' : ` (as of ${heard})`;
  if (state === 'silent' || state === 'initial')
    return broken({
      code: 'node-silent',
      node,
      about,
      message: state === 'silent' ? `it has published nothing since ${heard}` : 'it has never published anything',
      cure: 'systemctl status netloom.timer netloom-watch; journalctl -u netloom -u netloom-watch',
    });
  if (behind)
    return broken({ code: 'node-behind', node, about, message: `it has not applied the newest change of its networks yet${since}`, cure: 'netloom reconcile' });
  // What else it said is older than what was just looked at.
  if (isSelf) return NOTHING;
  if (state === 'suspended')
    return broken({ code: 'suspended', node, about, message: `it is suspended ${message}: it follows no revision${since}`, cure: 'netloom resume' });
  if (reason === 'ObserveOnly')
    return broken({ code: 'observe-only', node, about, message: `it only observes${since}`, cure: 'write mode: enforce in its configuration' });
  if (state === 'error' || state === 'degraded')
    return broken({
      code: 'node-wrong',
      node,
      about,
      message: `it says of itself ${reason}: ${message}${since}`,
      cure: `netloom doctor there, or here with --ssh ${node}`,
    });
  return well('nodes', `${node} is ready`);
}
