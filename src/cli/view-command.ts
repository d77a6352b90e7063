export async function statusCommand(): Promise<number> {
  return 1;
}
export async function getCommand(): Promise<number> {
  return 1;
}
export async function describeCommand(): Promise<number> {
  return 1;
}
export async function eventsCommand(): Promise<number> {
  return 1;
}
export async function addressesCommand(): Promise<number> {
  return 1;
}
