/** `netloom lab demo`: the main job on the example repository, in a lab of its own that is gone afterwards. */

import { join } from 'node:path';
import { playDemo, type Stage } from '../lab/demo.ts';
import { labDown } from '../lab/down.ts';
import { labDir } from '../lab/lab.ts';
import { castOf } from '../lab/topology.ts';
import { labUp } from '../lab/up.ts';
import { loadFolder } from '../pass/local.ts';
import { homeDir } from '../pass/program.ts';
import { formatDiagnostics } from './diagnostics.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { paint, print } from './terminal.ts';

/** Exit 0 when every fact held. */
export async function demoCommand(): Promise<ExitCode> {
  const startedAt = performance.now();
  const folder = join(homeDir(), 'example-repo');
  const { catalog, diagnostics } = await loadFolder(folder, null);
  if (catalog === null) throw new CommandError(formatDiagnostics(diagnostics), { exitCode: EXIT.invalid, hint: `netloom validate ${folder}` });
  const dir = labDir(`demo-${process.pid}`);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const { signal } = stop;
  try {
    stage.chapter(`A cluster of ${catalog.nodes.size} nodes made of namespaces, with a git server and the ${catalog.networks.size} networks of example-repo.`);
    const lab = await labUp({ dir, definitions: { folder, cast: castOf(catalog) }, home: homeDir(), signal });
    stage.shown('netloom lab up --repo example-repo', lab.nodes.map(node => `${node.name}  ${node.device}  ${node.address}  mtu ${node.mtu}`).join('\n'));
    await Promise.race([playDemo(lab, stage), whenAborted(signal)]);
  } finally {
    await labDown(dir);
  }
  stage.chapter(`All facts held, in ${Math.round((performance.now() - startedAt) / 1000)} s; the lab is gone.`);
  return EXIT.fine;
}

const stage: Stage = {
  chapter: text => print(`\n${paint('bold', text)}`),
  shown: (command, output) => print(`${paint('cyan', `$ ${command}`)}${output === '' ? '' : `\n${indented(output)}`}`),
  proven: fact => print(`  ${paint('green', 'ok')}  ${fact}`),
};

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '    ');
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new CommandError('interrupted; the lab is being removed', { hint: null })), { once: true });
  });
}
