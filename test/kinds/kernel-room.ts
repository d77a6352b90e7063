/** The kernel for tests of kinds: says ops the way an operator would, reads back, and leaves nothing. Only inside a private lab. */
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { carryOthers } from '../../src/host/carry-others.ts';
import { usualReader } from '../../src/host/choose-reader.ts';
import { run } from '../../src/host/exec.ts';
import { read } from '../../src/host/read.ts';
import { readFiles, readServices } from '../../src/host/read-services.ts';
import { KINDS } from '../../src/kinds/index.ts';
import type { Key, Observed } from '../../src/kinds/kind.ts';
import { lane, type Op } from '../../src/kinds/op.ts';
import { batchLine, renderOp } from '../../src/kinds/render.ts';
import { insistOnLab } from '../support/namespaces.ts';
import { GUEST, OUR_NETNS, RUNTIME } from './samples.ts';

/** Runs lines of shell, as pasted; throws with what the tools said. */
export async function paste(lines: string): Promise<void> {
  const { exitCode, stderr } = await run('sh', ['-e'], { stdin: `${lines}\n` });
  if (exitCode !== 0 || stderr !== '') throw new Error(`${lines}\nended with ${exitCode}: ${stderr}`);
}

/** Runs ops as the lines that `plan -o commands` prints. */
export async function say(ops: readonly Op[]): Promise<void> {
  if (ops.length > 0) await paste(ops.map(renderOp).join('\n'));
  for (const op of ops) if (op.op === 'service-start') await untilItAnswers(op.id);
}

// A shell goes on as soon as it has started something.
async function untilItAnswers(id: string): Promise<void> {
  for (const deadline = Date.now() + 5_000; ; ) {
    const found = (await readServices(RUNTIME, readdirSync('/run/netns'), await usualReader())).find(one => one.id === id);
    if (found?.answers === true) return;
    if (Date.now() > deadline) throw new Error(`the service ${id} does not answer: ${JSON.stringify(found)}`);
    await sleep(20);
  }
}

/** Runs ops as the driver does: those of one lane in one process, batch lines where the tool takes them. */
export async function batch(ops: readonly Op[]): Promise<void> {
  const other = ops.findIndex(op => lane(op) !== lane(ops[0] as Op));
  await batchOfOne(other < 0 ? ops : ops.slice(0, other));
  if (other >= 0) await batch(ops.slice(other));
}

async function batchOfOne(ops: readonly Op[]): Promise<void> {
  const [tool = '', netns = ''] = ops[0] === undefined ? [] : lane(ops[0]).split(':');
  if (tool === 'file' || tool === 'service' || tool === 'conntrack') {
    expect(await carryOthers(ops)).toEqual({ done: ops.map((_, index) => index) });
    return;
  }
  if (tool !== 'ip' && tool !== 'bridge') return say(ops);
  const stdin = ops.map(op => `${batchLine(op)}\n`).join('');
  const { exitCode, stderr } = await run(tool, [...(netns === '' ? [] : ['-n', netns]), '-batch', '-'], { stdin });
  if (exitCode !== 0 || stderr !== '') throw new Error(`${stdin}ended with ${exitCode}: ${stderr}`);
}

/** Everything that the kinds see in the lab. */
export async function seen(keys: readonly Key[] = []): Promise<readonly Observed[]> {
  const all = await read({ netnses: [GUEST, OUR_NETNS], keys, runtimeFolder: RUNTIME });
  return all.flatMap(rows => [...KINDS.values()].flatMap(kind => kind.parse(rows)));
}

/** Ends the services of a runtime folder, and takes their files away one by one. */
export async function endServices(runtimeFolder: string): Promise<void> {
  for (const { id, folder } of await readServices(runtimeFolder, [], await usualReader())) await batch([{ op: 'service-stop', id, folder }]);
  for (const { path } of readFiles(runtimeFolder)) await batch([{ op: 'file-del', path }]);
}

/** An empty node: only `lo` and the guest's namespace. */
export async function emptyNode(): Promise<void> {
  insistOnLab();
  await endServices(RUNTIME);
  await paste(`
for link in $(ip -o link show | sed -n 's/^[0-9]*: \\([^:@]*\\).*/\\1/p'); do [ "$link" = lo ] || ip link del dev "$link" 2>/dev/null || true; done
for name in $(ls /run/netns); do ip netns del "$name"; done
nft flush ruleset
ip netns add ${GUEST}`);
}
