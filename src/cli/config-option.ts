/** `--config FILE`, for every command that speaks for a node. */
import { Option } from 'commander';
import { DEFAULT_CONFIG_PATH } from './defaults.ts';

export function configOption(): Option {
  return new Option('--config <file>', "the node's configuration").default(DEFAULT_CONFIG_PATH).env('NETLOOM_CONFIG');
}
