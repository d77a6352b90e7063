import { contract, type Serve } from './contract.ts';
import { historyContract } from './contract-history.ts';

const serve: Serve = async bare => ({ url: bare.path, close: async () => undefined });

contract('a Repo over the git binary', serve);
historyContract('history over the git binary', serve);
