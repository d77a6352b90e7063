import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** True for a folder that git keeps, or that is in one. */
export function isInCheckout(dir: string): boolean {
  return existsSync(join(dir, '.git')) || (dirname(dir) !== dir && isInCheckout(dirname(dir)));
}
