/** TCP between places of a lab: who the other side sees, in both directions. */
import type { TestNode } from './lab-node.ts';

/** Where a program runs: a node, or a namespace of it. */
export interface Spot {
  readonly node: TestNode;
  readonly netns?: string;
}

const SERVER = `require('node:net').createServer(socket => {
  socket.on('error', () => undefined);
  socket.end(socket.remoteAddress.replace('::ffff:', '') + ' > ' + socket.localAddress.replace('::ffff:', ''));
}).listen(Number(process.argv[1]), '0.0.0.0', () => console.log('listening'))`;

const CLIENT = `const [, to, port, from, ms] = process.argv;
const socket = require('node:net').connect({ host: to, port: Number(port), ...(from ? { localAddress: from } : {}) });
setTimeout(() => process.exit(1), Number(ms));
socket.on('error', () => process.exit(1));
socket.on('data', text => { process.stdout.write(text); process.exit(0); });`;

const inside = ({ netns }: Spot, argv: readonly string[]): readonly string[] => (netns === undefined ? argv : ['ip', 'netns', 'exec', netns, ...argv]);

/** Answers every connection with `peer > own address` until the lab ends; resolves when it listens. */
export async function serve(spot: Spot, port: number): Promise<void> {
  void spot.node.run(inside(spot, [process.execPath, '-e', SERVER, String(port)]), { timeoutMs: 900_000 }).catch(() => undefined);
  const at = `sport = :${port}`;
  for (let tries = 0; tries < 200; tries += 1) {
    const { stdout } = await spot.node.run(inside(spot, ['ss', '-Hltn', at]));
    if (stdout.trim() !== '') return;
    await new Promise(done => setTimeout(done, 25));
  }
  throw new Error(`nothing listens at port ${port}`);
}

/** `peer > own address` as the server sees them; '' when nobody answers within two seconds. */
export async function ask(spot: Spot, to: string, port: number, from = ''): Promise<string> {
  const { stdout } = await spot.node.run(inside(spot, [process.execPath, '-e', CLIENT, to, String(port), from, '2000']), { timeoutMs: 10_000 });
  return stdout;
}

/** The same, asked again until it is `wanted` or five seconds are over. */
export async function askFor(spot: Spot, to: string, port: number, wanted: RegExp | string, from = ''): Promise<string> {
  let said = '';
  for (const end = Date.now() + 5000; Date.now() < end; ) {
    said = await ask(spot, to, port, from);
    if (typeof wanted === 'string' ? said === wanted : wanted.test(said)) return said;
  }
  return said;
}
