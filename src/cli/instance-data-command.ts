/** `netloom instance-data`: a guest's network cards in the format of what sets them up, or as the image of a config drive. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeIso } from '../host/iso-image.ts';
import { seeKept } from '../pass/kept-view.ts';
import { configDrive, noCloudDrive } from '../report/config-drive.ts';
import { firecracker, libvirt, qemu } from '../report/hypervisor-formats.ts';
import { type InstanceData, instanceData, type Missing } from '../report/instance-data.ts';
import { ifupdown, netplan, networkData, networkd } from '../report/instance-formats.ts';
import { loadConfig } from './config.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { print } from './terminal.ts';
import { look, type ViewOptions } from './view-source.ts';

/** Each format's name, as `--format` takes it. */
export const FORMATS = {
  'network-data': data => `${JSON.stringify(networkData(data), null, 2)}\n`,
  netplan,
  networkd,
  ifupdown,
  libvirt,
  firecracker,
  qemu,
} as const satisfies Readonly<Record<string, (data: InstanceData) => string | Missing>>;

interface Options extends ViewOptions {
  readonly format: keyof typeof FORMATS;
  readonly iso?: string;
  readonly nocloud?: true;
  readonly userData?: string;
}

/** Exit 0; 75 while something of the instance is not allocated yet. */
export async function instanceDataCommand(ref: string, options: Options): Promise<ExitCode> {
  if (options.iso === undefined && (options.nocloud || options.userData !== undefined))
    throw new CommandError(`--${options.nocloud ? 'nocloud' : 'user-data'} is about an image`, { hint: 'add --iso FILE' });
  const userData = options.userData === undefined ? undefined : readText(options.userData);
  const data = told(await found(ref, options));
  if (options.iso === undefined) print(told(FORMATS[options.format](data)));
  else {
    const { label, files } = options.nocloud ? noCloudDrive(data, userData) : configDrive(data, userData);
    await writeIso(resolve(options.iso), label, files, userData === undefined ? 0o644 : 0o600);
  }
  return EXIT.fine;
}

// What a node enforces is what its guests have to fit; git is asked for what the node does not know.
async function found(ref: string, options: Options): Promise<InstanceData | Missing> {
  const kept = options.repo === undefined ? await seeKept(loadConfig(options.config).stateDir) : null;
  const here = kept === null ? null : instanceData(ref, options.namespace, kept);
  return here === null || isMissing(here) ? instanceData(ref, options.namespace, await look(options)) : here;
}

function told<T extends InstanceData | string>(value: T | Missing): T {
  if (!isMissing(value)) return value as T;
  const { missing, hint, again } = value;
  throw new CommandError(missing, { hint: hint ?? 'netloom describe interface INTERFACE says what is missing', ...(again ? { exitCode: EXIT.tryAgain } : {}) });
}

function isMissing(value: InstanceData | string | Missing): value is Missing {
  return typeof value === 'object' && 'missing' in value;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CommandError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'name a file that can be read, or leave the option out',
    });
  }
}
