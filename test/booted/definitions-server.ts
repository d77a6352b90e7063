/** A forge for booted machines: a repository of definitions on their wire, with a token for the nodes and one for people. */
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GitRequest, type GitServer, serveGit } from '../../src/lab/git-server.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';
import type { Wire } from './wire.ts';

/** What the nodes show: they read all and write branches of netloom. */
export const NODE_TOKEN = 'nodes-k7Qp2vXw';
/** What a person shows, who may write every branch. */
export const PERSON_TOKEN = 'person-9sLm4TzB';

// git-receive-pack(1): an update hook gets the ref; the server says who it is.
const RIGHTS = `#!/bin/sh
case "$REMOTE_USER $1" in
  person\\ * | node\\ refs/heads/netloom-*) exit 0 ;;
esac
echo "$REMOTE_USER may not write $1" >&2
exit 1
`;

export interface DefinitionsServer {
  /** `http://10.2.1.254/definitions.git`: the wire's address, port 80. */
  readonly url: string;
  /** The repository behind it, to look into and to change. */
  readonly bare: Bare;
  /** What was answered since it was up last. */
  requests(): readonly GitRequest[];
  /** Nobody listens any more: a connection is refused. */
  down(): Promise<void>;
  /** Somebody listens, takes connections, and never says a word. */
  mute(): Promise<void>;
  /** Connections that wait for a word now. */
  waiting(): number;
  up(): Promise<void>;
  /** Ends it and removes the repository. */
  remove(): Promise<void>;
}

/** Serves an empty repository at the wire's address; its branch will be `main`. */
export async function serveDefinitions(wire: Wire): Promise<DefinitionsServer> {
  const bare = await makeBare('main', await mkdtemp(join(tmpdir(), 'netloom-definitions-')), 'definitions.git');
  await writeFile(join(bare.path, 'hooks/update'), RIGHTS);
  await chmod(join(bare.path, 'hooks/update'), 0o755);
  const auth = [
    { token: NODE_TOKEN, account: 'node' },
    { token: PERSON_TOKEN, account: 'person' },
  ];
  const serve = (): Promise<GitServer> => serveGit({ root: bare.root, host: wire.address, port: 80, auth });
  let server: GitServer | null = await serve();
  const patient = new Set<Socket>();
  const silent = createServer(socket => {
    patient.add(socket.resume().on('error', () => undefined));
    socket.on('close', () => patient.delete(socket));
  });
  const down = async (): Promise<void> => {
    await server?.close();
    server = null;
    if (!silent.listening) return;
    for (const socket of patient) socket.destroy();
    await new Promise(done => silent.close(done));
  };
  return {
    url: `http://${wire.address}/definitions.git`,
    bare,
    requests: () => server?.requests ?? [],
    down,
    waiting: () => patient.size,
    mute: async () => {
      await down();
      await new Promise<void>(done => silent.listen(80, wire.address, done));
    },
    up: async () => {
      await down();
      server = await serve();
    },
    remove: async () => {
      await down();
      await bare.remove();
    },
  };
}
