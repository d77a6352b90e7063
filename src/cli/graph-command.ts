/** `netloom graph`: a picture of the cluster or of one thing in it, as text that others draw, or drawn. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { dot } from '../graph/dot.ts';
import { drawCluster, drawFloating, drawInterface, drawNetwork, drawNode } from '../graph/draw.ts';
import type { Drawing } from '../graph/drawing.ts';
import { mermaid } from '../graph/mermaid.ts';
import { type Scene, sceneOf } from '../graph/scene.ts';
import { subjectOf } from '../graph/subject.ts';
import { svg } from '../graph/svg.ts';
import { EMPTY_LEDGER } from '../model/ledger.ts';
import { decide } from '../pass/decide.ts';
import { compiledFor } from '../pass/devices.ts';
import { loadFolder } from '../pass/local.ts';
import { refIndex } from '../report/resolve-ref.ts';
import type { View } from '../report/state.ts';
import { formatDiagnostics } from './diagnostics.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { print } from './terminal.ts';
import { look, sayAge, type ViewOptions } from './view-source.ts';

const FORMATS = { mermaid, dot, svg } as const;

type Options = ViewOptions & { readonly output: keyof typeof FORMATS; readonly local?: string };

/** Prints the drawing. */
export async function graphCommand(ref: string | undefined, options: Options): Promise<ExitCode> {
  if (options.local !== undefined) draw(ref, await folderView(options.local), options);
  else {
    const seen = await look(options);
    draw(ref, seen, options);
    sayAge(seen);
    await seen.keep();
  }
  return EXIT.fine;
}

function draw(ref: string | undefined, view: View, options: Options): void {
  const scene = sceneOf(view, compiledFor(view));
  print(FORMATS[options.output](ref === undefined ? drawCluster(scene) : drawingOf(ref, scene, options)));
}

function drawingOf(ref: string, scene: Scene, options: Options): Drawing {
  const { catalog } = scene.view;
  const subject = subjectOf(ref, options.allNamespaces ? null : options.namespace, refIndex(scene.view));
  if (!('key' in subject)) {
    const { message, candidates } = subject;
    const hint =
      candidates.length === 0
        ? 'netloom get networks -A lists some; netloom graph without a name draws all'
        : `candidates: ${candidates.slice(0, 10).join(', ')}`;
    throw new CommandError(message, { hint });
  }
  const { kind, key } = subject;
  const iface = kind === 'Interface' ? catalog.interfaces.get(key) : undefined;
  const network = catalog.networks.get(iface === undefined ? key : `${iface.namespace}/${iface.spec.network}`);
  const node = catalog.nodes.get(key);
  if (kind === 'FloatingIP' && catalog.floatingIPs.has(key)) return drawFloating(key, scene);
  if (iface !== undefined && network !== undefined) return drawInterface(iface, network, scene);
  if (kind === 'Network' && network !== undefined) return drawNetwork(network, scene);
  if (kind === 'Node' && node !== undefined) return drawNode(node, scene);
  throw new CommandError(`${kind} ${key} is not defined any more`, { hint: `netloom describe ${kind.toLowerCase()} ${key} says what is left of it` });
}

async function folderView(dir: string): Promise<View> {
  if (!existsSync(dir)) throw new CommandError(`there is no folder ${dir}`, { hint: 'name a folder of definitions with --local' });
  const { catalog, diagnostics } = await loadFolder(resolve(dir), null);
  if (catalog === null)
    throw new CommandError(formatDiagnostics(diagnostics), { exitCode: EXIT.invalid, hint: `netloom validate ${dir} tells what is wrong with each` });
  const { ledger } = decide(catalog, EMPTY_LEDGER, new Date());
  return { catalog, ledger, reports: new Map(), wanted: () => undefined, revision: '', now: new Date().toISOString() };
}
