/** `netloom lab up|exec|status|down`. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { labDown } from '../lab/down.ts';
import { labExec } from '../lab/enter.ts';
import { type Lab, labDir, openLab } from '../lab/lab.ts';
import { labStatus } from '../lab/status.ts';
import { castOf } from '../lab/topology.ts';
import { labUp } from '../lab/up.ts';
import { loadFolder } from '../pass/local.ts';
import { homeDir } from '../pass/program.ts';
import { table } from '../report/table.ts';
import { formatDiagnostics } from './diagnostics.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { columns, print, say } from './terminal.ts';

interface Named {
  readonly name: string;
}

/** Makes the lab and says how to go on. */
export async function labUpCommand(options: Named & { readonly nodes: string; readonly repo?: string }): Promise<ExitCode> {
  const dir = labDir(options.name);
  const shown = options.name === 'default' ? '' : ` --name ${options.name}`;
  const progress = process.stderr.isTTY === true ? (what: string) => say(`  ${what}`) : () => undefined;
  const lab = await labUp({ dir, definitions: await definitionsOf(options), home: homeDir(), progress });
  print(`The lab is up: ${lab.nodes.map(node => `${node.name} (${node.address})`).join(', ')}; definitions at ${lab.url}`);
  print(`Next: netloom lab exec${shown} ${firstNode(lab)} -- netloom reconcile`);
  return EXIT.fine;
}

function firstNode(lab: Lab): string {
  return lab.nodes[0]?.name ?? 'NODE';
}

async function definitionsOf(options: { readonly nodes: string; readonly repo?: string }): Promise<Parameters<typeof labUp>[0]['definitions']> {
  if (options.repo === undefined) {
    const nodes = Number(options.nodes);
    if (!Number.isInteger(nodes) || nodes < 1 || nodes > 50)
      throw new CommandError(`--nodes ${options.nodes} is not a number from 1 to 50`, { hint: '--nodes 3, or --repo DIR for the nodes of definitions' });
    return { nodes };
  }
  const folder = resolve(options.repo);
  if (!existsSync(folder)) throw new CommandError(`there is no folder ${options.repo}`, { hint: 'name the folder that holds the definitions' });
  const { catalog, diagnostics } = await loadFolder(folder, null);
  if (catalog === null) throw new CommandError(formatDiagnostics(diagnostics), { exitCode: EXIT.invalid, hint: `netloom validate ${options.repo}` });
  return { folder, cast: castOf(catalog) };
}

/** Runs a command in a node; its exit code is ours. */
export async function labExecCommand(node: string, argv: readonly string[], options: Named): Promise<ExitCode> {
  return (await labExec(openLab(labDir(options.name)), node, argv)) as ExitCode;
}

/** What of the lab there is. */
export async function labStatusCommand(options: Named & { readonly output: 'table' | 'json' }): Promise<ExitCode> {
  const status = labStatus(labDir(options.name));
  if (options.output === 'json') {
    print(JSON.stringify(status, null, 2));
    return EXIT.fine;
  }
  print(`Lab ${options.name} is ${status.state}${status.state === 'down' ? '' : `: definitions at ${status.git.url}, pushed to ${status.git.path}`}`);
  const rows = status.nodes.map(node => [node.name, node.up ? 'up' : 'down', node.device, node.address, String(node.mtu), node.guests.join(',') || '-']);
  if (rows.length > 0) print(table(['NODE', 'STATE', 'DEVICE', 'ADDRESS', 'MTU', 'GUESTS'], rows, columns()));
  return EXIT.fine;
}

/** Removes the lab; a second time there is nothing to do. */
export async function labDownCommand(options: Named): Promise<ExitCode> {
  const { killed } = await labDown(labDir(options.name));
  print(killed === 0 ? 'There is no lab.' : 'The lab is gone.');
  return EXIT.fine;
}
