/** `netloom status`: the whole cluster on one screen, once or again and again. */
import type { Seen } from '../pass/view.ts';
import { nodeRecords } from '../report/records.ts';
import { screenOf } from '../report/status-text.ts';
import { type StatusRecord, statusSummary } from '../report/summary.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type FollowOptions, follow } from './follow.ts';
import { columns, print } from './terminal.ts';
import { type Form, printData, printOne } from './view-output.ts';
import { look, type ViewOptions } from './view-source.ts';

type Options = ViewOptions & FollowOptions & { readonly output: Form; readonly watch?: true };

interface Screen {
  readonly record: StatusRecord;
  readonly text: string;
}

/** Exit 2 when something is not Ready, for monitoring; 0 at the end of --watch. */
export async function statusCommand(options: Options): Promise<ExitCode> {
  if (options.watch) return watchStatus(options);
  const seen = await look(options);
  const { record, text } = await screen(seen);
  if (!printData(record, options.output)) print(text);
  await seen.keep();
  return record.ready ? EXIT.fine : EXIT.changes;
}

async function screen(seen: Seen): Promise<Screen> {
  const nodes = nodeRecords(seen);
  const record = statusSummary(seen, await seen.repairs(), nodes);
  return { record, text: screenOf(record, nodes, seen, columns()) };
}

const CLEAR = '\u001b[H\u001b[2J';

// A terminal shows one screen that is always new; a file gets what changed, one below the other.
function watchStatus(options: Options): Promise<ExitCode> {
  const isScreen = options.output === 'table' && process.stdout.isTTY === true && process.env['TERM'] !== 'dumb';
  let before = '';
  const tell = async (seen: Seen): Promise<void> => {
    const { record, text } = await screen(seen);
    if (isScreen) print(`${CLEAR}${text}`);
    const now = JSON.stringify({ ...record, asOf: null });
    if (isScreen || now === before) return;
    const isFirst = before === '';
    before = now;
    if (!printOne(record, options.output)) print(`${isFirst ? '' : '\n'}${seen.now}\n${text}`);
  };
  return follow(options, { tell, ticks: isScreen });
}
