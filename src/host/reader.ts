/** What a way of reading the kernel gives. There are two: by the tools' JSON (`command-reader.ts`), and by netlink (`netlink/`). */
import type { Rows } from '../kinds/rows.ts';
import type { RawLinks } from './join-peers.ts';

/** One namespace as it was read, before ends of veths are joined and sysctls are asked for. */
export interface RawReading extends RawLinks, Omit<Rows, 'links' | 'sysctls' | 'unread' | 'files' | 'services'> {}

export interface Reader {
  /**
   * One namespace, whole; '' is the node's own. Throws HostError `interrupted` when a change cut the reading short, and other
   * codes as the kernel and the tools say them.
   *
   * @param ownTablesOnly  false: every nft table of the families inet, ip, ip6 and bridge
   */
  readNetns(netns: string, ownTablesOnly: boolean): Promise<RawReading>;
  /**
   * Puts a question to a service from inside its namespace, and waits for nothing: what becomes of it, the service's sockets
   * tell. One that cannot be asked so is judged by its guests' questions.
   */
  ask(question: Question): void;
  /** Base chains of the families ip and inet at the forward hook of the node's own namespace, whoever made them. */
  forwardChains(): Promise<readonly ForwardChain[]>;
  /** Values of those of the keys (slash form) that exist in a namespace. */
  readSysctls(netns: string, keys: readonly string[]): Promise<Rows['sysctls']>;
}

/** A chain of nftables that forwarded packets pass. */
export interface ForwardChain {
  readonly family: 'ip' | 'inet';
  readonly table: string;
  readonly name: string;
  readonly drops: boolean;
}

/** Whom to ask: what holds these UDP ports, for the network on this link (ifname). */
export interface Question {
  readonly netns: string;
  readonly link: string;
  readonly ports: readonly number[];
}

/** How often a dump, or a namespace, is read before it counts as unreadable. */
export const TRIES = 5;
