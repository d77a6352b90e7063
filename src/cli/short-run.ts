/** What this program tells the JavaScript engine about itself: it is over in seconds. */
import { setFlagsFromString } from 'node:v8';

/** Versions of Node.js whose engine has the flag; an engine that has not would say so on stderr. */
const MAJORS: ReadonlySet<string> = new Set(['20', '21', '22', '23', '24']);

/**
 * Lets functions run seven times longer before they are compiled anew for speed. A pass over a thousand networks is over
 * before that pays: a third of its processor time went into compiling (measured with Node.js 20; validation of ten thousand
 * definitions, which is long and hot, takes as long as before).
 */
export function expectShortRun(): void {
  const [major = ''] = process.versions.node.split('.');
  if (MAJORS.has(major)) setFlagsFromString('--interrupt-budget=1000000');
}
