/** Words by which servers tell a lost race from a refusal. */

/**
 * True for "somebody was faster", in the words of git 2.39's receive-pack and of GitHub; everything else is a refusal. Not
 * `non-fast-forward`: a server says that as a policy, after it has found our old tip to be the right one.
 */
export function isLostRace(words: string): boolean {
  return /failed to update ref|cannot lock ref|incorrect old value|reference already exists|stale info|fetch first/.test(words);
}
