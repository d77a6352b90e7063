/** Hooks of tests: small scripts. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hook } from '../../../src/host/hooks.ts';

export function program(dir: string, name: string, script: string, mode = 0o755): Hook {
  const path = join(dir, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, mode);
  return { name, path };
}
