/** How far two clocks may be apart before people are told: quarantine, silence and certificates depend on them. */
export const SKEW_TOLD_MS = 30_000;
