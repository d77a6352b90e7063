/** Images of config drives, made and read back by xorriso. Here, since only kernel tests may count on Debian's programs. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { writeIso } from '../../src/host/iso-image.ts';
import { configDrive, type Drive, noCloudDrive } from '../../src/report/config-drive.ts';
import { dataOf } from '../report/instances.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netloom-iso-test-'));
});

afterAll(() => {
  if (isAbsolute(folder) && folder.includes('netloom-iso-test-')) rmSync(folder, { recursive: true });
});

/** Label and files of an image. */
async function readBack(image: string, into: string): Promise<Drive> {
  const { stderr, stdout } = await run('xorriso', ['-indev', image, '-pvd_info', '-osirrox', 'on', '-extract', '/', into], { okCodes: [0] });
  const label = /Volume Id\s*:\s*(\S+)/.exec(stdout + stderr)?.[1] ?? '';
  const files = readdirSync(into, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter(entry => entry.isFile());
  const paths = files.map(entry => join(entry.parentPath, entry.name));
  return { label, files: new Map(paths.map(path => [path.slice(into.length + 1), readFileSync(path, 'utf8')])) };
}

it.each([
  ['OpenStack', configDrive(dataOf('acme/web-1'))],
  ['OpenStack with user data', configDrive(dataOf('acme/web-1'), '#!/bin/sh\necho hello\n')],
  ['NoCloud', noCloudDrive(dataOf('acme/web-1'))],
])('an image of %s has its label, its files by their whole names, and their texts', async (name, drive) => {
  const image = join(folder, `${name}.iso`);
  await writeIso(image, drive.label, drive.files);
  const found = await readBack(image, join(folder, name));
  expect(found.label).toBe(drive.label);
  expect(Object.fromEntries(found.files)).toEqual(Object.fromEntries(drive.files));
});

it('blkid, by which cloud-init finds it, knows the label', async () => {
  const image = join(folder, 'label.iso');
  await writeIso(image, 'cidata', new Map([['meta-data', 'x\n']]));
  const { stdout } = await run('blkid', ['-p', '-o', 'value', '-s', 'LABEL', image], { okCodes: [0] });
  expect(stdout.trim()).toBe('cidata');
});

it('an image takes the place of what was there, with the rights that are asked for, and leaves nothing else behind', async () => {
  const mine = (): readonly string[] => readdirSync(tmpdir()).filter(name => name.startsWith('netloom-iso-') && !name.startsWith('netloom-iso-test-'));
  const before = mine();
  const image = join(folder, 'again.iso');
  await writeIso(image, 'config-2', new Map([['a', 'one\n']]));
  await writeIso(image, 'config-2', new Map([['b', 'two\n']]), 0o600);
  expect((await readBack(image, join(folder, 'again'))).files).toEqual(new Map([['b', 'two\n']]));
  expect(statSync(image).mode & 0o777).toBe(0o600);
  expect(mine()).toEqual(before);
  expect(existsSync(`${image}.tmp`)).toBe(false);
});
