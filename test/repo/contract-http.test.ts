import { serveGit } from '../../src/lab/git-server.ts';
import { contract } from './contract.ts';

contract('a Repo over http', async bare => {
  const server = await serveGit({ root: bare.root });
  return { url: `${server.url}/repo.git`, close: server.close };
});
