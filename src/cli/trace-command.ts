/** `netloom trace WORD`: kernel object to definition, commit and result. */
import { existsSync } from 'node:fs';
import { traceHere, traceThere } from '../pass/trace.ts';
import { printTrace, type Trace, traceJson } from '../trace/trace.ts';
import { loadConfig } from './config.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { print } from './terminal.ts';
import { adHoc } from './view-source.ts';

interface Options {
  readonly config: string;
  readonly repo?: string;
  readonly statusBranch: string;
  readonly fetch?: true;
  readonly output: 'text' | 'json';
}

/** Exit 0; 1 for what neither this node nor its definitions know. */
export async function traceCommand(word: string, options: Options): Promise<ExitCode> {
  const trace = await (options.repo === undefined ? here(word, options) : traceThere(adHoc(options.repo, options.statusBranch), word));
  if (trace.things.length + trace.definitions.length + trace.ledger.length === 0) {
    const where = trace.node === null ? 'the branches know' : `${trace.node} and its definitions know`;
    throw new CommandError(`nothing that ${where} is called ${JSON.stringify(word)}`, {
      hint: 'a device, netns/device, an address, MAC, uuid, vxid, nft, dnsmasq, pid:NUMBER, or a ref as plans print it (link:/vxlan-2)',
    });
  }
  print(options.output === 'json' ? JSON.stringify(traceJson(trace), null, 2) : printTrace(trace, Date.now()));
  return EXIT.fine;
}

async function here(word: string, { config: path, fetch }: Options): Promise<Trace> {
  if (!existsSync(path))
    throw new CommandError(`this machine is no node: there is no ${path}`, { hint: 'netloom trace WORD --repo URL tells what the branches alone know' });
  const config = loadConfig(path);
  const trace = await traceHere(config, word, fetch === true);
  if (trace !== null) return trace;
  throw new CommandError(`${config.node} has accepted no revision yet, or what it keeps is not ours to read`, {
    hint: 'run it as root, after netloom reconcile',
  });
}
