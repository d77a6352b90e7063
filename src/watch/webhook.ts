/**
 * Whether a request was made by a forge that knows the secret: GitHub, Gitea and Forgejo sign the body (HMAC-SHA256 in hex), GitLab signs as
 * Standard Webhooks describe it (a secret that begins with `whsec_`), or sends the secret itself (X-Gitlab-Token). Compared in constant time.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { HostError } from '../host/errors.ts';
import { readTextIfThere } from '../host/files.ts';
import type { NodeConfig } from '../model/node-config.ts';

/** True when one of the headers proves that the sender knows the secret. `body` is as it came. */
export function isSigned(headers: IncomingHttpHeaders, body: Uint8Array, secret: string): boolean {
  const said = (name: string): string => String(headers[name] ?? '');
  const digest = createHmac('sha256', secret).update(body).digest('hex');
  const bare = ['x-gitea-signature', 'x-forgejo-signature'].map(said);
  return (
    [said('x-hub-signature-256').replace(/^sha256=/, ''), ...bare].some(given => isSame(given.toLowerCase(), digest)) ||
    isSame(said('x-gitlab-token'), secret) ||
    isStandard(said, body, secret)
  );
}

// Several signatures may stand there while a secret is exchanged.
function isStandard(said: (name: string) => string, body: Uint8Array, secret: string): boolean {
  if (!secret.startsWith('whsec_')) return false;
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const digest = createHmac('sha256', key)
    .update(`${said('webhook-id')}.${said('webhook-timestamp')}.`)
    .update(body)
    .digest('base64');
  return said('webhook-signature')
    .split(' ')
    .some(given => isSame(given, `v1,${digest}`));
}

// Hashes have one length, so nothing is told by that of the secret.
function isSame(given: string, wanted: string): boolean {
  const hash = (text: string): Uint8Array => createHash('sha256').update(text).digest();
  return given !== '' && timingSafeEqual(hash(given), hash(wanted));
}

type SecretConfig = NonNullable<NonNullable<NodeConfig['listen']>['webhook']>;

/** The secret as it is now, without white space around it. Throws HostError that says where it should be, and never what it is. */
export async function readWebhookSecret({ secretFile, credential }: SecretConfig, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const folder = env['CREDENTIALS_DIRECTORY'];
  if (secretFile === undefined && folder === undefined)
    throw new HostError(
      'no-entry',
      `listen.webhook.credential ${credential}: $CREDENTIALS_DIRECTORY is not set; add LoadCredential=${credential}:PATH to the unit`,
    );
  const path = secretFile ?? join(folder ?? '', credential ?? '');
  const secret = (await readTextIfThere(path))?.trim() ?? '';
  if (secret.length >= SHORTEST) return secret;
  throw new HostError(
    'no-entry',
    `the secret of listen.webhook, ${path}, is not there, or shorter than ${SHORTEST} characters: openssl rand -hex 32 > ${path}`,
  );
}

const SHORTEST = 12;
