/** The lab's git server as a program: `lab-git-server ROOT ADDRESS PORT`, in the namespace of the lab's switch. */
import { serveGitUntilKilled } from './git-server.ts';

const [root, host, port] = process.argv.slice(2);
if (root === undefined || host === undefined || port === undefined) throw new Error('usage: lab-git-server ROOT ADDRESS PORT');
await serveGitUntilKilled({ root, host, port: Number(port) });
