/** Diagnostics as SARIF 2.1.0 (OASIS standard, 2020): what code scanning services take. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Place } from '../../model/place.ts';
import { displayed, type Shown, type Validation } from './result.ts';

/** One run, one rule for each code that occurs. */
export function renderSarif({ diagnostics }: Validation, { root }: Pick<Shown, 'root'>): string {
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
  const value = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'netloom', rules: codes.map(id => ({ id, shortDescription: { text: id.replaceAll('-', ' ') } })) } },
        columnKind: 'utf16CodeUnits',
        results: diagnostics.map(diagnostic => result(diagnostic, codes.indexOf(diagnostic.code), root)),
      },
    ],
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function result({ code, severity, message, hint, at, related }: Diagnostic, ruleIndex: number, root: string): object {
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: hint === undefined ? message : `${message}\nhint: ${hint}` },
    locations: [location(at, root)],
    ...(related === undefined ? {} : { relatedLocations: related.map(other => location(other, root)) }),
  };
}

function location({ file, line, col }: Place, root: string): object {
  const uri = displayed(file, root).split('/').map(encodeURIComponent).join('/');
  const region = line === 0 ? {} : { region: { startLine: line, ...(col === 0 ? {} : { startColumn: col }) } };
  return { physicalLocation: { artifactLocation: { uri }, ...region } };
}
