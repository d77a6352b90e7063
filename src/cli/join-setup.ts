/** What `join` puts on the machine: configuration and secret, and what runs the passes. */
import { dirname, join } from 'node:path';
import { dropInPaths, enableRunner, isInstalled, isRunBySystemd, type Runner, startRunner } from '../host/systemd.ts';
import { authIn, type Credential, configurationText, dropInText, secretFiles, writeAll } from '../join/configuration.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { homeDir } from '../pass/program.ts';
import { DEFAULT_CONFIG_PATH } from './defaults.ts';
import { CommandError } from './exit.ts';
import { type JoinOptions, pushesOf } from './join-options.ts';

interface SetupArgs {
  readonly options: JoinOptions;
  readonly url: string;
  readonly node: string;
  readonly credential: Credential | null;
  /** What this machine is already, where that stays. */
  readonly was: NodeConfig | null;
}

/** The secret first, the configuration last: without that nothing runs. Paths of what was written. */
export async function writeConfiguration({ options, url, node, credential, was }: SetupArgs): Promise<readonly string[]> {
  const folder = dirname(options.config);
  if (was !== null && credential !== null) checkSameLogin(options, was, credential);
  const { config: path, branch, path: below, mode, stateDir, runtimeDir } = options;
  const schema = join(homeDir(), 'schemas', 'node-config.json');
  const pushesPerMinute = pushesOf(options.pushesPerMinute);
  const text = configurationText({ path, node, url, branch, folder: below, mode, pushesPerMinute, stateDir, runtimeDir, schema, credential });
  const dropIns = credential?.asCredential === true && isRunBySystemd(runtimeDir) ? dropInPaths() : [];
  return writeAll([
    ...(credential === null ? [] : secretFiles(folder, credential)),
    ...dropIns.map(file => ({ path: file, text: credential === null ? '' : dropInText(folder, credential), mode: 0o644 })),
    ...(was === null ? [{ path, text, mode: 0o644 }] : []),
  ]);
}

// A person may have changed the rest of it.
function checkSameLogin({ config }: JoinOptions, { repo }: NodeConfig, credential: Credential): void {
  const wanted = Object.entries(authIn(dirname(config), credential));
  const kept = (repo.auth ?? {}) as Readonly<Record<string, string>>;
  if (wanted.length === Object.keys(kept).length && wanted.every(([key, value]) => kept[key] === value)) return;
  throw new CommandError(`${config} logs in in another way than these options say`, {
    hint: 'change repo.auth there by hand, or write the file anew with --force',
  });
}

/** Enables and starts what runs passes, where systemd does; its name, or ''. */
export async function startPasses(config: NodeConfig, options: JoinOptions, tell: (text: string) => void): Promise<string> {
  const runner: Runner = options.watch === true ? 'netloom-watch.service' : 'netloom.timer';
  const why = whyNotStarted(config, options, runner);
  if (why !== '') {
    tell(
      `${why}: let something run \`netloom reconcile\` every minute, or \`netloom watch\` all the time${options.config === DEFAULT_CONFIG_PATH ? '' : ` (--config ${options.config})`}`,
    );
    return '';
  }
  await enableRunner(runner);
  await startRunner(runner);
  tell(`enabled and started ${runner}`);
  return runner;
}

function whyNotStarted({ runtimeDir }: NodeConfig, { config }: JoinOptions, runner: Runner): string {
  if (config !== DEFAULT_CONFIG_PATH) return `the units of systemd read ${DEFAULT_CONFIG_PATH}`;
  if (!isRunBySystemd(runtimeDir)) return 'systemd does not run this machine';
  return isInstalled(runner) ? '' : `${runner} is not installed`;
}

/** A unit gets such a secret from systemd; whoever runs the program by hand finds it beside the configuration. */
export function handCredential(config: string, auth: NodeConfig['repo']['auth']): void {
  if (auth?.credential !== undefined) process.env['CREDENTIALS_DIRECTORY'] ??= dirname(config);
}

/** Throws CommandError for --credential where nobody would hand one over. */
export function checkCredential({ credential, config, runtimeDir }: JoinOptions): void {
  if (credential !== true || (isRunBySystemd(runtimeDir) && config === DEFAULT_CONFIG_PATH)) return;
  throw new CommandError('--credential has systemd hand the secret to the units, and they do not run this node', {
    hint: 'leave it out: the secret stays in a file of mode 0600',
  });
}
