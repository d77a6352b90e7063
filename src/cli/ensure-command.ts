/** `netloom ensure`: what starts a guest calls. */
export async function ensureCommand(): Promise<number> {
  return 1;
}
