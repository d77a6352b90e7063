/** `--schemas DIR`: a site's own schemas, from disk. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SiteSchemas } from '../../load/parse-file.ts';

export interface Site {
  /** Changes with the schemas. */
  readonly hash: string;
  /** Compiles them; throws an Error that names the file. */
  compile(): Promise<SiteSchemas>;
}

/** Reads `*.json` of a folder; throws an Error that names the file or folder. */
export function readSite(dir: string): Site {
  const files = readdirSync(dir)
    .filter(name => name.endsWith('.json'))
    .sort()
    .map(file => ({ file: join(dir, file), text: readFileSync(join(dir, file), 'utf8') }));
  if (files.length === 0) throw new Error(`${dir}: no *.json schema in it`);
  return {
    hash: createHash('sha256').update(JSON.stringify(files)).digest('hex'),
    async compile() {
      const { compileSchemas } = await import('../../load/compile-schemas.ts');
      const site = compileSchemas(files.map(({ file, text }) => ({ file, schema: parsed(file, text) })));
      if (Object.keys(site.validators).length === 0) throw new Error(`${dir}: no schema names a kind (properties.kind.const)`);
      return site;
    },
  };
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}
