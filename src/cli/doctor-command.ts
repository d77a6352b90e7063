/** `netloom doctor`: looks at this node, and by ssh at others, and prints what is broken. */
import { diagnose } from '../doctor/diagnose.ts';
import { some } from '../doctor/finding.ts';
import { type Diagnosis, diagnosisOf, type NodeDiagnosis, parseDiagnosis, withClock } from '../doctor/record.ts';
import { diagnosisText } from '../doctor/text.ts';
import { checkPrivileges } from '../host/features.ts';
import { inTurns } from '../host/in-turns.ts';
import type { LongChild } from '../host/spawn-long.ts';
import { inStage } from '../host/stage.ts';
import { shellText } from '../model/shell.ts';
import { examine } from '../pass/examine.ts';
import { loadConfig } from './config.ts';
import { type DoctorOptions, nodesToAsk, type Scope, scopeOf } from './doctor-scope.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { keptContext } from './node-context.ts';
import { nodeOfDestination, sshTo } from './over-ssh.ts';
import { columns, paint, print, say } from './terminal.ts';
import { hereIn } from './view-source.ts';

/** Nodes that are asked at the same time. */
const MOST_SSH = 16;
/** What another node may take, ssh included. */
const REMOTE_MS = 60_000;

/** Exit 0 when nothing is broken, 2 when something is, 1 when somebody could not be asked. */
export async function doctorCommand(ref: string | undefined, options: DoctorOptions): Promise<ExitCode> {
  const here = hereIn(options);
  const scope = await scopeOf(ref, options, here);
  const others = nodesToAsk(options, scope, here);
  const [own, theirs] = await Promise.all([
    scope.isHere ? lookHere(scope, options) : null,
    inTurns(others, MOST_SSH, node => lookThere(node, here?.node ?? 'this machine', ref, options)),
  ]);
  const nodes = [...(own === null ? [] : [own]), ...theirs.flatMap(answer => ('why' in answer ? [] : [answer]))];
  const diagnosis = diagnosisOf(
    scope.label,
    nodes,
    theirs.flatMap(answer => ('why' in answer ? [answer] : [])),
  );
  if (options.output === 'json') print(JSON.stringify(diagnosis, null, 2));
  else {
    print(diagnosisText(diagnosis, columns(), (text, style) => paint(STYLES[style], text)));
    if (diagnosis.healthy) say(notSeen(scope, diagnosis));
  }
  return exitOf(diagnosis);
}

// What another node lacks itself is often seen from there alone.
function notSeen({ nodes }: Scope, diagnosis: Diagnosis): string {
  const left = nodes.filter(name => !diagnosis.nodes.some(({ node }) => node === name) && !diagnosis.unasked.some(({ node }) => node === name));
  return left.length === 0 ? '' : `what ${some(left, 8)} may lack is seen from there: netloom doctor there, or --all here`;
}

const STYLES = { broken: 'red', fine: 'green', dim: 'dim' } as const;

function exitOf({ healthy, unasked, nodes }: Diagnosis): ExitCode {
  if (!healthy) return EXIT.changes;
  return unasked.length > 0 || nodes.length === 0 ? EXIT.error : EXIT.fine;
}

async function lookHere({ networks }: Scope, options: DoctorOptions): Promise<NodeDiagnosis> {
  checkPrivileges();
  const config = loadConfig(options.config);
  const { target, remarks } = await keptContext({ config: options.config, stateDir: '', runtimeDir: '' });
  for (const remark of remarks) say(remark);
  const startedAt = performance.now();
  const evidence = await examine(config, target, networks, config.runtimeDir);
  return { node: evidence.node, at: evidence.at, durationMs: Math.round(performance.now() - startedAt), ...diagnose(evidence) };
}

type Answer = NodeDiagnosis | { readonly node: string; readonly why: string };

async function lookThere(destination: string, here: string, ref: string | undefined, options: DoctorOptions): Promise<Answer> {
  const node = nodeOfDestination(destination, '--ssh n2');
  const words = ['netloom', 'doctor', ...(ref === undefined ? [] : ['-n', options.namespace, ...(options.allNamespaces ? ['-A'] : []), ref]), '-o', 'json'];
  const fromMs = Date.now();
  const child = sshTo(destination, shellText(words));
  const { stdout, isLate, exitCode } = await inStage(`asking ${node} by ssh`, () => everything(child));
  if (isLate) return { node, why: `it did not end within ${REMOTE_MS / 1000} s` };
  const told = parseDiagnosis(stdout)?.nodes[0];
  if (told !== undefined) return withClock(told, here, { fromMs, toMs: Date.now() });
  return { node, why: whyNot(child.stderr(), exitCode) };
}

// ssh(1) ends with 255 for its own errors, of which the last line tells.
function whyNot(stderr: string, exitCode: number | null): string {
  const lines = stderr.split('\n').flatMap(line => line.trim() || []);
  const words = exitCode === 255 ? `ssh failed: ${lines.at(-1) ?? 'no reason given'}` : lines.join('; ').replace(/^netloom: /, '');
  return words.slice(0, 500) || `it ended with ${exitCode ?? 'a signal'} and said nothing`;
}

async function everything(child: LongChild): Promise<{ readonly stdout: string; readonly isLate: boolean; readonly exitCode: number | null }> {
  let stdout = '';
  let isLate = false;
  child.stdin.end();
  child.stdout.on('data', (chunk: Uint8Array) => {
    stdout += Buffer.from(chunk).toString();
  });
  const closed = new Promise(resolve => child.stdout.once('close', resolve));
  const late = setTimeout(() => {
    isLate = true;
    void child.stop();
  }, REMOTE_MS);
  const { exitCode } = await child.ended;
  await closed;
  clearTimeout(late);
  return { stdout, isLate, exitCode };
}
