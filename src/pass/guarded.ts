/** What is asked before the first change of the kernel: better to refuse whole than to stop in the middle. */
import { HostError } from '../host/errors.ts';
import { featureAdvice } from '../host/features.ts';
import { checkWritable } from '../host/files.ts';
import type { Facts } from '../model/facts.ts';

/** What a pass may write into its state directory, with room to spare. */
const NEEDED_BYTES = 16 * 1024 * 1024;

/** Throws HostError when the kernel lacks something that netloom needs, or the state directory cannot be written. */
export async function checkBefore(facts: Facts, stateDir: string): Promise<void> {
  const [missing] = facts.missing;
  if (missing !== undefined) {
    throw new HostError('unsupported', `this kernel lacks ${facts.missing.join(', ')}; nothing was changed: ${featureAdvice(missing)}`);
  }
  await checkWritable(stateDir, NEEDED_BYTES);
}
