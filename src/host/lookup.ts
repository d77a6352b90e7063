/** Names of hosts, looked up by a child that can be ended: a lookup of Node's own cannot, and keeps the process for as long as it takes. */
import { parseIp } from '../model/ip.ts';
import { HostError } from './errors.ts';
import { run } from './exec.ts';

/**
 * What the system has for a name (or an address, in brackets or not) in that time, without what it could not use anyway; none: nobody
 * knows it, or nobody said so in time. null: this system has no getent to ask.
 */
export async function addressesOf(host: string, withinMs: number): Promise<readonly string[] | null> {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const ip = parseIp(bare);
  if (ip !== null) return [ip.text];
  try {
    const { stdout } = await run('getent', ['ahosts', bare], { timeoutMs: withinMs });
    return [...new Set(stdout.split('\n').flatMap(line => parseIp(line.split(/\s/)[0] ?? '')?.text ?? []))];
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return error.code === 'missing-program' ? null : [];
  }
}
