/** What comes into `load`: the files of one revision, from a commit's blobs or (development only) from a folder. */

/** One entry of a tree, before its content is read. */
export interface SourceEntry {
  /** Path below the configured root, with `/`. */
  readonly path: string;
  /** Git's mode: `100644` and `100755` are files, `120000` a symlink, `160000` a submodule. */
  readonly mode: string;
  /** Names the content: git's blob oid (sha-1 of `blob <size>\0<content>`), the same for a folder. */
  readonly id: string;
  /** Bytes, when known before reading. */
  readonly size?: number;
}

export interface SourceFile extends SourceEntry {
  readonly bytes: Uint8Array;
}
