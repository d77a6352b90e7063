/** Makes definitions for benchmarks: networks with one guest here and one on each of three peers. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HEAD = 'apiVersion: netloom.dev/v1\n';

/** Node n1 is the one that is measured; n2 to n4 are its peers in every network. */
export function writeCluster(dir, networks) {
  mkdirSync(dir, { recursive: true });
  const nodes = [1, 2, 3, 4].map(n => `${HEAD}kind: Node\nmetadata: { name: n${n} }\nspec: { underlay: { address: 10.2.1.${n}, device: eth0 } }\n`);
  writeFileSync(join(dir, 'cluster.yaml'), [`${HEAD}kind: Cluster\nmetadata: { name: bench }\nspec: { underlay: { mtu: 9000 } }\n`, ...nodes].join('---\n'));
  for (let i = 0; i < networks; i += 1) writeFileSync(join(dir, `net-${i}.yaml`), network(i));
}

function network(i) {
  const name = `net-${i}`;
  const docs = [`${HEAD}kind: Network\nmetadata: { name: ${name} }\nspec:\n  cidr: 10.0.0.0/24\n`];
  for (const n of [1, 2, 3, 4]) {
    docs.push(`${HEAD}kind: Interface\nmetadata: { name: ${name}-vm-${n} }\nspec:\n  network: ${name}\n  node: n${n}\n  attach: { tap: {} }\n`);
  }
  return docs.join('---\n');
}

/** `count` definitions in files of ten. */
export function writeMany(dir, count) {
  writeCluster(dir, 0);
  for (let file = 0; file * 10 < count; file += 1) {
    const net = `net-${file}`;
    const docs = [`${HEAD}kind: Network\nmetadata:\n  name: ${net}\n  labels: { tier: web }\nspec:\n  cidr: 10.0.0.0/24\n  mtu: 1400\n`];
    for (let n = 1; n < 10; n += 1) {
      docs.push(
        `${HEAD}kind: Interface\nmetadata:\n  name: ${net}-vm-${n}\n  labels:\n    app: shop\n    tier: web\nspec:\n  network: ${net}\n  node: n${(n % 4) + 1}\n  instance: ${net}-vm-${n}\n  attach:\n    tap: {}\n`,
      );
    }
    writeFileSync(join(dir, `file-${file}.yaml`), docs.join('---\n'));
  }
}
