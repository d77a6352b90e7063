import { serveGit } from '../../src/lab/git-server.ts';
import { contract, type Serve } from './contract.ts';
import { historyContract } from './contract-history.ts';

const serve: Serve = async bare => {
  const server = await serveGit({ root: bare.root });
  return { url: `${server.url}/repo.git`, close: server.close };
};

contract('a Repo over http', serve);
historyContract('history over http', serve);
