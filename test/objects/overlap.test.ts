import fc from 'fast-check';
import { expect, test } from 'vitest';
import { overlaps } from '../../src/model/ip.ts';
import { BASE, loadFiles } from '../load/diagnose.ts';

const cidrs = fc.array(fc.tuple(fc.nat(63), fc.integer({ min: 24, max: 29 })), { minLength: 2, maxLength: 6 });

test('two host networks of a node are refused exactly when some two of them share an address', () => {
  fc.assert(
    fc.property(cidrs, ranges => {
      const texts = ranges.map(([block, prefix]) => `10.9.0.${block * 4 - ((block * 4) % 2 ** (32 - prefix))}/${prefix}`);
      const docs = texts.map(
        (cidr, i) => `
apiVersion: netloom.dev/v1
kind: Network
metadata: {name: r${i}}
spec: {cidr: ${cidr}}
---
apiVersion: netloom.dev/v1
kind: Interface
metadata: {name: i${i}}
spec: {network: r${i}, node: n1, attach: {host: {}}}
`,
      );
      const found = loadFiles({ 'base.yaml': BASE, 'x.yaml': docs.join('---') }).diagnostics;
      const meet = texts.some((a, i) => texts.some((b, j) => i < j && overlaps(a, b)));
      expect(found.map(({ code }) => code).filter(code => code !== 'network-overlap')).toEqual([]);
      expect(found.length > 0).toBe(meet);
    }),
    { numRuns: 60 },
  );
});
