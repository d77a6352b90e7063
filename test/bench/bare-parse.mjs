/** What validation is measured against: the YAML of a folder, parsed and nothing else. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const dir = process.argv[2];
for (const name of readdirSync(dir)) for (const doc of parseAllDocuments(readFileSync(join(dir, name), 'utf8'))) doc.toJS();
