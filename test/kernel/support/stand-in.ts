/** A stand-in before a program of the system, in this lab alone: a script that may do something else first. */
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../../src/host/exec.ts';
import { sh } from '../../host/lab.ts';
import { insistOnLab } from '../../support/namespaces.ts';

export interface StandIn {
  /** What the script and a test tell each other: files in it. */
  readonly folder: string;
  remove(): void;
}

/** `script`: lines for sh ahead of the program itself, which is `$real`; `$folder` is the stand-in's own. */
export function standIn(program: string, script: string): StandIn {
  insistOnLab();
  const folder = mkdtempSync(join(tmpdir(), 'netloom-stand-in-'));
  const [path, real, stub] = [findProgram(program), join(folder, program), join(folder, `${program}.sh`)];
  copyFileSync(path, real);
  chmodSync(real, 0o755);
  writeFileSync(stub, `#!/bin/sh\nreal=${real}\nfolder=${folder}\n${script}\nexec "$real" "$@"\n`, { mode: 0o755 });
  sh(`mount --bind ${stub} ${path}`);
  return {
    folder,
    remove: () => {
      sh(`umount ${path}`);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
