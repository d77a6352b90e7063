/** What the judges of signatures say, and what they are given. */

/** CamelCase, stable: reasons of the condition SourceVerified. */
export type Doubt =
  | 'Unsigned'
  | 'SignatureUnreadable'
  | 'BadSignature'
  | 'UnknownKey'
  | 'KeyExpired'
  | 'KeyNotYetValid'
  | 'KeyRevoked'
  | 'SignatureExpired'
  | 'WrongNamespace'
  | 'ProgramMissing'
  | 'NotJudged';

export type Judgement =
  /** `by`: a principal, or an OpenPGP user id; `key`: `ED25519 SHA256:…`, `OpenPGP <fingerprint>`. */
  | { readonly isGood: true; readonly by: string; readonly key: string }
  /** `words` go on a sentence that names the commit: `is not signed`. */
  | { readonly isGood: false; readonly reason: Doubt; readonly words: string };

/** Where the files of one judgement stand; each is there only when its keys are. */
export interface Bench {
  readonly signature: string;
  readonly allowedSigners?: string;
  readonly revokedKeys?: string;
  readonly keyring?: string;
}

/** A no. */
export function no(reason: Doubt, words: string): Judgement {
  return { isGood: false, reason, words };
}
