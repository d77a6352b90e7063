/** Everything that a machine is asked before it joins: the checks, and what was found for its Node. Writes nothing. */
import { HostError } from '../host/errors.ts';
import { hasProgram, packageOf } from '../host/exec.ts';
import { checkPrivileges, featureAdvice, missingFeatures } from '../host/features.ts';
import { type Card, cardsHere, underlayTo } from '../host/underlay.ts';
import type { Catalog, NodeDef } from '../objects/object.ts';
import { whoseVoice } from '../pass/voice.ts';
import { type Check, clockCheck, configurationCheck, type Found, mtuCheck, nameCheck, ok, programChecks, underlayCheck } from './checks.ts';
import type { Look } from './look.ts';

export interface SurveyArgs {
  readonly node: string;
  readonly url: string;
  readonly configPath: string;
  readonly stateDir: string;
  /** What this machine is already. */
  readonly was: { readonly node: string; readonly url: string } | null;
  /** An address of this machine that a person named. */
  readonly address?: string | undefined;
  /** What its device carries, as a person says. */
  readonly mtu?: number | undefined;
  /** null: the remote could not even be asked. */
  readonly look: Look;
}

export interface Survey {
  readonly checks: readonly Check[];
  readonly found: Found | null;
  /** null where the remote has no valid definitions. */
  readonly catalog: Catalog | null;
}

/** Asks everything, whatever one of the answers is. */
export async function survey(args: SurveyArgs): Promise<Survey> {
  const { node: name, look, was } = args;
  const catalog = look.pulled.catalog;
  const node = catalog?.nodes.get(name);
  const others = [...(catalog?.nodes.values() ?? [])].filter(each => each.name !== name);
  const { found, why } = await underlayHere(node, others, args.address);
  const report = look.said.reports.get(name);
  const voice = report === undefined ? 'unknown' : await whoseVoice(args.stateDir, report);
  const hasAddress = node !== undefined && node.spec.underlay.address === found?.address;
  const checks = [
    privileges(),
    await kernel(),
    ...programChecks(hasProgram, packageOf),
    ...remoteChecks(look),
    clockCheck(look.ahead.ms, look.ahead.by),
    nameCheck({ name, report, voice, hasAddress, now: new Date().toISOString() }),
    catalog === null && found === null ? UNKNOWN_UNDERLAY : underlayCheck({ name, node, others, found, why }),
    mtuCheck({ found, cluster: catalog?.cluster.spec.underlay.mtu ?? 1500, declared: node?.spec.underlay.mtu ?? args.mtu }),
    configurationCheck(args.configPath, was, name, args.url),
  ];
  return { checks, found, catalog };
}

const UNKNOWN_UNDERLAY: Check = { name: 'underlay', state: 'unknown', message: 'without definitions nobody says where the other nodes are' };

// The device with the address of the Node; without a Node the one that leads to the others.
async function underlayHere(
  node: NodeDef | undefined,
  others: readonly NodeDef[],
  named: string | undefined,
): Promise<{ readonly found: Found | null; readonly why: string }> {
  try {
    const cards = await cardsHere();
    const known = [named, node?.spec.underlay.address].flatMap(address => foundOn(cards, address) ?? [])[0];
    if (known !== undefined) return { found: known, why: '' };
    if (named !== undefined) return { found: null, why: `no device of this machine has ${named}` };
    // A machine that asks for the name of a Node that is elsewhere is told which address it has itself.
    const { address } = await wayTo([...others, ...(node === undefined ? [] : [node])], cards);
    return { found: foundOn(cards, address), why: `no device of this machine has ${address}` };
  } catch (error) {
    if (error instanceof HostError) return { found: null, why: error.message };
    throw error;
  }
}

async function wayTo(others: readonly NodeDef[], cards: readonly Card[]): Promise<{ readonly address: string }> {
  let last: unknown;
  for (const other of others.slice(0, 8)) {
    try {
      return await underlayTo(other.spec.underlay.address, cards);
    } catch (error) {
      last = error;
    }
  }
  if (last !== undefined) throw last;
  return underlayTo(null, cards);
}

function foundOn(cards: readonly Card[], address: string | undefined): Found | null {
  const card = address === undefined ? undefined : cards.find(({ addresses }) => addresses.includes(address));
  return card === undefined || address === undefined ? null : { device: card.ifname, address, mtu: card.mtu, isUp: card.isUp };
}

function privileges(): Check {
  try {
    checkPrivileges();
  } catch (error) {
    if (error instanceof HostError) return { name: 'privileges', state: 'failed', message: error.message, todo: 'run it as root: sudo netloom join ...' };
    throw error;
  }
  if (process.geteuid?.() === 0) return ok('privileges', 'root');
  return {
    name: 'privileges',
    state: 'failed',
    message: 'only root can write the configuration and enable units',
    todo: 'run it as root: sudo netloom join ...',
  };
}

async function kernel(): Promise<Check> {
  try {
    const missing = await missingFeatures();
    if (missing.length === 0) return ok('kernel', 'bridge, nftables, tun, veth, vxlan');
    return { name: 'kernel', state: 'failed', message: `it lacks ${missing.join(', ')}`, todo: missing.map(featureAdvice).join('; ') };
  } catch (error) {
    if (error instanceof HostError) return { name: 'kernel', state: error.code === 'unsupported' ? 'failed' : 'unknown', message: error.message };
    throw error;
  }
}

function remoteChecks({ remote, pulled }: Look): readonly Check[] {
  const secret = remote.remarks.map((message): Check => ({ name: 'credential', state: 'warning', message }));
  const { refusal, tips, catalog } = pulled;
  if (tips === null)
    return [
      ...secret,
      {
        name: 'remote',
        state: 'failed',
        message: refusal?.message ?? 'it does not answer',
        todo: 'correct the url or the credential, and see that this machine reaches it',
      },
      { name: 'definitions', state: 'unknown', message: 'the remote did not answer' },
    ];
  const said = ok('remote', 'it answers, and takes the credential');
  if (catalog === null)
    return [...secret, said, { name: 'definitions', state: 'failed', message: refusal?.message ?? 'there are none', todo: definitionsTodo(refusal?.reason) }];
  return [
    ...secret,
    said,
    ok('definitions', `${remote.branch} at ${(tips.main ?? '').slice(0, 10)}: Nodes ${catalog.nodes.size}, Networks ${catalog.networks.size}`),
  ];
}

function definitionsTodo(reason: string | undefined): string {
  if (reason === 'BranchMissing' || reason === 'NoDefinitions')
    return 'make some (netloom init) and push them, or name another branch or folder with --branch, --path';
  return 'correct them there: netloom validate in a checkout says what is wrong';
}
