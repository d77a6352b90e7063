/** The same seed for all laws in every run of `npm test`: what fails there is of the change, not of the day. `npm run fuzz` says another. */
import fc from 'fast-check';

/** Where FUZZ_SEED says none. */
export const USUAL_SEED = 20_261_121;

fc.configureGlobal({ seed: Number(process.env['FUZZ_SEED'] ?? USUAL_SEED) });
