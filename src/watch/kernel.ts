/**
 * The kernel as a source of events: children that print what changes, here and in the namespaces that this one knows. They say "look again";
 * what a pass of ours changed is heard too, so one more pass follows it, finds nothing to do, and is silent.
 */
import { run } from '../host/exec.ts';
import { mayHearNamespaces } from '../host/features.ts';
import { spawnLong } from '../host/spawn-long.ts';
import { type Kept, keepRunning } from './keep-running.ts';
import { type Interest, isOurs, isOurTable, newsIn } from './kernel-news.ts';

export interface KernelArgs {
  /** What is ours by now; null where that is not known, and everything counts. */
  interest(): Interest | null;
  /** Something of ours changed, or may have: a line about it. */
  news(what: string): void;
  /** A child that died, or cannot be started; it is started again, later each time. */
  failed(error: unknown): void;
}

const LINKS = ['link', 'address', 'route', 'neigh', 'rule'];

/** Listens until it is closed. Tables inside other namespaces are not heard, without CAP_NET_BROADCAST nothing there: the interval finds it. */
export function listenToKernel(args: KernelArgs): Kept {
  const elsewhere = otherNamespaces(args);
  const heard = (line: string): void => {
    const news = newsIn(line);
    if (news === null) return;
    const interest = args.interest();
    if (interest === null || (news.nsid === null && isOurs(news.text, interest))) args.news(news.text);
    else if (news.nsid !== null) elsewhere(news.nsid, interest);
  };
  const lost = (): void => args.news('some events were lost');
  const keep = { failed: args.failed, news: lost };
  const links = keepRunning(() => listener('ip', ['-N', '-o', 'monitor', ...(mayHearNamespaces() ? ['all-nsid'] : []), ...LINKS], heard, lost), keep);
  const tables = keepRunning(() => listener('nft', ['monitor'], line => isOurTable(line) && args.news(line), lost), keep);
  return {
    close: async () => {
      await Promise.all([links.close(), tables.close()]);
    },
  };
}

// Whatever it complains of, it may have lost something (ENOBUFS).
function listener(program: string, words: readonly string[], heard: (line: string) => void, lost: () => void) {
  const child = spawnLong(program, words, { heardError: lost });
  let rest = '';
  child.stdout.on('data', (chunk: Uint8Array) => {
    const lines = (rest + Buffer.from(chunk).toString()).split('\n');
    rest = (lines.pop() ?? '').slice(-LONGEST_LINE);
    for (const line of lines) heard(line);
  });
  return child;
}

const LONGEST_LINE = 65_536;

/** News of other namespaces: which one an id means is asked when one is heard of that is not known, anew after each pass. */
function otherNamespaces({ news }: Pick<KernelArgs, 'news'>): (nsid: number, interest: Interest) => void {
  let names = new Map<number, string>();
  let of: Interest | null = null;
  let isAsking = false;
  const waiting = new Set<number>();
  const tell = (name: string, { namespaces }: Interest): void => {
    if (namespaces.has(name)) news(`in ${name}`);
  };
  const ask = async (interest: Interest): Promise<void> => {
    isAsking = true;
    const found = await namesById();
    for (const nsid of waiting) names.set(nsid, found.get(nsid) ?? '');
    for (const nsid of waiting) tell(names.get(nsid) ?? '', interest);
    waiting.clear();
    isAsking = false;
  };
  return (nsid, interest) => {
    if (of !== interest) names = new Map();
    of = interest;
    const name = names.get(nsid);
    if (name !== undefined) return tell(name, interest);
    waiting.add(nsid);
    if (!isAsking) void ask(interest);
  };
}

// What cannot be told is nobody's: the interval looks there.
async function namesById(): Promise<ReadonlyMap<number, string>> {
  try {
    const { stdout } = await run('ip', ['-j', 'netns', 'list-id'], { okCodes: [0] });
    const rows = JSON.parse(stdout === '' ? '[]' : stdout) as readonly { readonly nsid: number; readonly name?: string }[];
    return new Map(rows.flatMap(({ nsid, name }) => (name === undefined ? [] : [[nsid, name] as const])));
  } catch {
    return new Map();
  }
}
