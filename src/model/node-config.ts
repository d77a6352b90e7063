// Generated from schemas/ by .ci/gen.mjs. Do not edit: change the schema and run `npm run gen`.

/**
 * The configuration of netloom on one node: /etc/netloom/node.yaml, or the file that --config names. It stays on the node and is never read from the repository of definitions.
 */
export interface NodeConfig {
  /**
   * Which Node definition this machine is.
   */
  node: string;
  /**
   * observe: every pass pulls, plans and publishes the plan, and applies nothing.
   */
  mode: 'enforce' | 'observe';
  /**
   * Where the definitions are.
   */
  repo: {
    /**
     * http(s)://, ssh://, git@host:path or a local path. Never with a password or token in it: that goes into a file that auth names.
     */
    url: string;
    /**
     * Branch that is enforced.
     */
    branch: string;
    /**
     * Folder of the definitions below the root of the repository; empty for the root.
     */
    path: string;
    /**
     * How to log in. The secret itself stands in a file of its own (mode 0600), or in a systemd credential.
     */
    auth?: {
      /**
       * token and basic use HTTP basic authentication, bearer an Authorization: Bearer header; ssh names a private key.
       */
      type: 'token' | 'basic' | 'bearer' | 'ssh';
      /**
       * For basic, and where a forge wants a name beside a token.
       */
      username?: string;
      /**
       * File with the token or password, or the private key of ssh; surrounding white space is cut off.
       */
      file?: string;
      /**
       * Name of a systemd credential (LoadCredential=), instead of a file.
       */
      credential?: string;
      /**
       * File with the host keys that ssh may meet.
       */
      knownHosts?: string;
    };
    /**
     * Whose signatures the commits of the definitions must carry. The keys stand in files of this node, never in the repository.
     */
    verify?: {
      /**
       * none: nobody's. head: the newest commit's. strict: every commit's that comes with it since the enforced one, merged branches included.
       */
      mode: 'none' | 'head' | 'strict';
      /**
       * File of SSH keys and who they are, as ssh-keygen(1) describes it (ALLOWED SIGNERS), with valid-after and valid-before where wanted.
       */
      allowedSigners?: string;
      /**
       * File of SSH keys that count no more: public keys, one a line, or a key revocation list of ssh-keygen(1).
       */
      revokedKeys?: string;
      /**
       * File of OpenPGP public keys, as gpg --export writes it, armored or not; expiry and revocation are read from it.
       */
      keyring?: string;
      /**
       * With strict, on a node that has enforced nothing yet: every commit after this one must be signed, and the branch must come after it. Without it such a node takes the newest commit alone.
       */
      anchor?: string;
    };
  };
  /**
   * Where status and allocations are published.
   */
  status: {
    /**
     * Another repository than the definitions'; empty for the same one.
     */
    url: string;
    /**
     * Branch that netloom alone writes.
     */
    branch: string;
    /**
     * How many pushes of status all nodes together may make; the same on every node. Forges ask for no more than 6.
     */
    pushesPerMinute: number;
    /**
     * How many commits the branch may have until it is archived as a branch of its own and begun anew.
     */
    archiveAfter: number;
    /**
     * How to log in. The secret itself stands in a file of its own (mode 0600), or in a systemd credential.
     */
    auth?: {
      /**
       * token and basic use HTTP basic authentication, bearer an Authorization: Bearer header; ssh names a private key.
       */
      type: 'token' | 'basic' | 'bearer' | 'ssh';
      /**
       * For basic, and where a forge wants a name beside a token.
       */
      username?: string;
      /**
       * File with the token or password, or the private key of ssh; surrounding white space is cut off.
       */
      file?: string;
      /**
       * Name of a systemd credential (LoadCredential=), instead of a file.
       */
      credential?: string;
      /**
       * File with the host keys that ssh may meet.
       */
      knownHosts?: string;
    };
  };
  /**
   * How often `netloom watch` looks by itself; --poll and --interval go before it.
   */
  watch?: {
    /**
     * Between two looks at the remote, a fifth more or less; 15s where nothing is said.
     */
    poll?: string;
    /**
     * Between two passes when nothing is new; 5m where nothing is said.
     */
    interval?: string;
  };
  /**
   * What else must still answer after a change that could cut this node off, besides the git remote, the default gateway and the other nodes. One that did not answer before the change is not asked after it.
   *
   * @maxItems 32
   */
  probes: {
    /**
     * An address that answers echoes.
     */
    ping?: string;
    /**
     * Address and port that take connections; IPv6 in brackets.
     */
    tcp?: string;
  }[];
  /**
   * How long a pass that could cut this node off may take until it is confirmed; then what was before comes back, whatever became of the pass.
   */
  confirmTimeout: string;
  /**
   * Programs of this node that are told what became of networks and guests. Never from the repository of definitions.
   */
  hooks: {
    /**
     * Folder of the programs. It, all above it and the programs must belong to root, and be writable by root alone.
     */
    dir: string;
    /**
     * How long one program may take for one event; then it is asked to end, and killed.
     */
    timeout: string;
  };
  /**
   * Numbers for Prometheus.
   */
  metrics: {
    /**
     * File that every pass writes anew, for the textfile collector of node_exporter, which reads *.prom. Absent = none.
     */
    textfile?: string;
  };
  /**
   * Where netloom watch answers HTTP: /metrics, /healthz, and /webhook where a secret is named. Absent = nowhere.
   */
  listen?: {
    /**
     * Address and port of this node; IPv6 in brackets. There is no TLS: what is not on this node belongs behind a proxy.
     */
    address: string;
    /**
     * POST /webhook of a forge that signs with this secret starts a look at the remote, and nothing else. Absent = there is no /webhook.
     */
    webhook?: {
      /**
       * File with the secret, mode 0600; read anew when it changes.
       */
      secretFile?: string;
      /**
       * Name of a systemd credential (LoadCredential=), instead of a file.
       */
      credential?: string;
    };
  };
  /**
   * Last good definitions and ledger, clones, caches. Losing it costs no address and no object.
   */
  stateDir: string;
  /**
   * Lock and probes of this boot.
   */
  runtimeDir: string;
}
