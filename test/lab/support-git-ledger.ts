/** The ledger as the status branch has it, read with a YAML parser of its own: tests do not ask netloom what netloom wrote. */
import { parse } from 'yaml';
import { type GitLab, STATUS } from './support-git.ts';

export interface NetworkFile {
  readonly namespace: string;
  readonly name: string;
  readonly uuid: string;
  readonly vxid: number;
  readonly removed?: string;
  readonly interfaces: Readonly<
    Record<string, { readonly uuid: string; readonly mac: string; readonly node?: string; readonly address?: string; readonly removed?: string }>
  >;
  readonly addresses: readonly { readonly address: string; readonly type: string; readonly user: string }[];
}

/** All networks of the ledger, tombstones included, by path. */
export async function ledgerOf(yard: GitLab): Promise<readonly NetworkFile[]> {
  return [...(await yard.files(STATUS, 'allocations/networks'))].map(([, text]) => parse(text) as NetworkFile);
}

/** What must never change while an object lives: uuid and vxid of each network; uuid, MAC and address of each interface. */
export async function identitiesOf(yard: GitLab): Promise<readonly string[]> {
  const files = await ledgerOf(yard);
  return files.flatMap(file => [
    `${file.namespace}/${file.name} ${file.uuid} ${file.vxid}`,
    ...Object.entries(file.interfaces).map(([key, { uuid, mac, address }]) => `${key} ${uuid} ${mac} ${address}`),
  ]);
}
