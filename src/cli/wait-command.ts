/** `netloom wait`. */
export async function waitCommand(): Promise<number> {
  return 1;
}
