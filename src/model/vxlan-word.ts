/** What became of a datagram that was sent to the VXLAN port of another node. */

/**
 * open: it arrived. closed: nobody holds the port there. refused: a filter on the way rejects it. silent: it was dropped on the way,
 * or else what would tell that it was not. unsent: it never left, `why` says why. untried: there was nothing to send it from.
 */
export interface VxlanWord {
  readonly answer: 'open' | 'closed' | 'refused' | 'silent' | 'unsent' | 'untried';
  readonly why: string;
}
