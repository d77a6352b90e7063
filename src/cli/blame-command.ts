/** `netloom blame ADDRESS`: who had an address when. */
import { canonicalIp } from '../model/ip.ts';
import { canonicalMac } from '../model/mac.ts';
import { blame } from '../pass/blame.ts';
import { blameCsv, blameJson, printBlame, reachText } from '../trace/blame.ts';
import type { Needle } from '../trace/holding.ts';
import { loadConfig } from './config.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { momentOf } from './moment.ts';
import { columns, print, say } from './terminal.ts';
import { adHoc } from './view-source.ts';

interface Options {
  readonly config: string;
  readonly repo?: string;
  readonly statusBranch: string;
  readonly at?: string;
  readonly output: 'table' | 'json' | 'csv';
}

/** Exit 0, also where nobody had it. */
export async function blameCommand(text: string, options: Options): Promise<ExitCode> {
  const needle = needleOf(text);
  const when = options.at === undefined ? null : momentOf('--at', options.at, Date.now());
  const config = options.repo === undefined ? loadConfig(options.config) : adHoc(options.repo, options.statusBranch);
  const found = await blame(config, { needle, when, tell: progress() });
  if (process.stderr.isTTY === true) process.stderr.write(CLEAR);
  for (const remark of found.remarks) say(remark);
  if (options.output === 'json') print(JSON.stringify(blameJson(found), null, 2));
  else if (options.output === 'csv') {
    print(blameCsv(found));
    say(reachText(found));
  } else print(printBlame(found, options.at === undefined ? '' : ` then (${options.at})`, columns()));
  return EXIT.fine;
}

function needleOf(text: string): Needle {
  const ip = canonicalIp(text);
  if (ip !== null) return { ip };
  const mac = canonicalMac(text);
  if (mac !== null) return { mac };
  throw new CommandError(`${JSON.stringify(text)} is no address and no MAC`, { hint: 'netloom blame 203.0.113.10, or netloom blame 02:00:00:5e:10:01' });
}

const CLEAR = '\r\u001b[K';

// A long history takes a while to come: on a terminal one line says how far it is.
function progress(): ((commits: number, back: Date) => void) | undefined {
  if (process.stderr.isTTY !== true) return undefined;
  return (commits, back) => process.stderr.write(`${CLEAR}${commits} commits read, back to ${back.toISOString().slice(0, 10)}; more is fetched\r`);
}
