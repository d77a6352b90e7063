/** The listener of a watch, as the configuration asks for it. */
import { HostError } from '../host/errors.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { currentMetrics } from '../pass/metrics.ts';
import { secretRemark } from '../repo/auth.ts';
import type { Bell } from '../watch/bell.ts';
import type { Listener } from '../watch/listener.ts';

/**
 * Listens where `listen` says; null where it says nothing. The secret is read from where the configuration says at each request. Throws HostError when the
 * address is taken or the secret cannot be read at first: a service that does not start is found, one that answers nobody is not.
 */
export async function listenFor(now: () => NodeConfig, wake: Bell['wake'], warn: (line: string) => void): Promise<Listener | null> {
  const wanted = now().listen;
  if (wanted === undefined) return null;
  const [{ listen }, { readWebhookSecret }] = await Promise.all([import('../watch/listener.ts'), import('../watch/webhook.ts')]);
  const secret = async (): Promise<string> => {
    const webhook = now().listen?.webhook;
    if (webhook === undefined) throw new HostError('no-entry', 'listen.webhook is in the configuration no more');
    return readWebhookSecret(webhook);
  };
  if (wanted.webhook !== undefined) await secret();
  const file = wanted.webhook?.secretFile;
  const remark = await secretRemark(file === undefined ? undefined : { type: 'token', file });
  if (remark !== null) warn(remark);
  return listen({ address: wanted.address, metrics: () => currentMetrics(now()), secret: wanted.webhook === undefined ? null : secret, wake, warn });
}
