/** What time it is at a git server, as its http answers say. */
import { parseAddress } from './address.ts';
import { type Auth, authHeaders } from './auth.ts';
import { send } from './request.ts';

const MOST_BYTES = 16 * 1024 * 1024;
const DEADLINE_MS = 20_000;

/** Milliseconds since the epoch; null for a server that says none, and for one that is not spoken to by http. Throws RepoError. */
export async function serverClock(url: string, auth: Auth | undefined, deadlineMs = DEADLINE_MS): Promise<number | null> {
  const address = parseAddress(url);
  if (address.kind !== 'http') return null;
  const contentType = 'application/x-git-upload-pack-advertisement';
  const headers = { 'user-agent': 'git/netloom', accept: contentType, ...authHeaders(auth) };
  const request = { method: 'GET' as const, url: `${address.url}/info/refs?service=git-upload-pack`, headers, contentType };
  const { date } = await send(address.url, request, { until: Date.now() + deadlineMs, maxBytes: MOST_BYTES });
  const at = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(at) ? null : at;
}
