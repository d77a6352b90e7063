import { contract } from './contract.ts';

contract('a Repo over the git binary', async bare => ({ url: bare.path, close: async () => undefined }));
