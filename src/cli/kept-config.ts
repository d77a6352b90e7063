/** The configuration of a program that stays: read anew each time that it is needed. A broken one is told, and the one before goes on. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeConfig } from '../model/node-config.ts';
import { loadConfig } from './config.ts';

export interface KeptConfig {
  /** As the file says now; as it said before, while it is broken. */
  now(): NodeConfig;
  /** Files beside it that passes read: secrets and keys. */
  files(): readonly string[];
  /** Another text when the configuration, a secret or a key may be another one. */
  stamp(): string;
}

export interface ConfigTold {
  /** Throws for what a file says and its schema lets pass. */
  readonly check: (config: NodeConfig) => void;
  readonly changed: () => void;
  /** Once for each text that is broken. */
  readonly broken: (error: unknown) => void;
}

/** Throws CommandError when it is broken at first. */
export function keepConfig(path: string, { check, changed, broken }: ConfigTold): KeptConfig {
  const load = (): NodeConfig => {
    const loaded = loadConfig(path);
    check(loaded);
    return loaded;
  };
  let config = load();
  let text = JSON.stringify(config);
  let told = '';
  const now = (): NodeConfig => {
    try {
      const next = load();
      told = '';
      const nextText = JSON.stringify(next);
      if (nextText === text) return config;
      [config, text] = [next, nextText];
      changed();
    } catch (error) {
      if (told !== String(error)) broken(error);
      told = String(error);
    }
    return config;
  };
  const files = (): readonly string[] => filesOf(config);
  return { now, files, stamp: () => [text, ...files().map(stampOf)].join('\n') };
}

function filesOf({ repo, status }: NodeConfig): readonly string[] {
  const auths = [repo.auth, status.auth].flatMap(auth => [auth?.file, auth?.knownHosts, credential(auth?.credential)]);
  const keys = [repo.verify?.allowedSigners, repo.verify?.revokedKeys, repo.verify?.keyring];
  return [...new Set([...auths, ...keys].filter(file => file !== undefined))];
}

function credential(name: string | undefined): string | undefined {
  const folder = process.env['CREDENTIALS_DIRECTORY'];
  return name === undefined || folder === undefined ? undefined : join(folder, name);
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? '-' : `${stat.ino} ${stat.mtimeMs} ${stat.ctimeMs} ${stat.size}`;
}
