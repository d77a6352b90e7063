/** Orders to QEMU (docs/interop/qmp-spec of QEMU): JSON, a line each, at a socket. */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** Moves a running machine to the QEMU that waits at `to`; resolves when it runs there. Throws with what QEMU says when it does not. */
export async function moveMachine(orders: string, to: string): Promise<void> {
  const socket = connect(orders);
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  // biome-ignore lint/suspicious/noExplicitAny: answers of QEMU; a caller says what it expects of them.
  const answer = async (): Promise<any> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error('QEMU is gone');
      const said = JSON.parse(value);
      if ('error' in said) throw new Error(`QEMU refuses: ${said.error.desc}`);
      if ('return' in said) return said.return;
    }
  };
  const order = (execute: string, more: object = {}): ReturnType<typeof answer> => {
    socket.write(`${JSON.stringify({ execute, arguments: more })}\n`);
    return answer();
  };
  try {
    await order('qmp_capabilities');
    await order('migrate-set-parameters', { 'max-bandwidth': 1_000_000_000 });
    await order('migrate', { uri: `unix:${to}` });
    for (;;) {
      const { status, 'error-desc': why } = await order('query-migrate');
      if (status === 'completed') return;
      if (status === 'failed' || status === 'cancelled') throw new Error(`the machine does not move: ${status} ${why ?? ''}`);
      await sleep(20);
    }
  } finally {
    socket.destroy();
  }
}
