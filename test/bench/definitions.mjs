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

/**
 * A cluster of 10,000 definitions: 100 nodes (4 of them gateways), 1,490 networks of 8 tenants with 5 guests each, 950 floating
 * addresses of one pool.
 */
export function writeLarge(dir, { nodes = 100, networks = 1490, floating = 950 } = {}) {
  mkdirSync(dir, { recursive: true });
  const node = n => {
    const gateway = n < 4 ? ', gateway: true' : '';
    return `${HEAD}kind: Node\nmetadata: { name: n${n + 1} }\nspec: { underlay: { address: 10.2.1.${n + 1}, device: eth0 }${gateway} }\n`;
  };
  const cluster = `${HEAD}kind: Cluster\nmetadata: { name: bench }\nspec: { underlay: { mtu: 9000 } }\n`;
  const pool = `${HEAD}kind: AddressPool\nmetadata: { name: edge }\nspec: { cidr: 100.64.0.0/18, device: eth1 }\n`;
  writeFileSync(join(dir, 'cluster.yaml'), [cluster, pool, ...Array.from({ length: nodes }, (_, n) => node(n))].join('---\n'));
  for (let i = 0; i < networks; i += 1) {
    const tenant = join(dir, `tenant-${i % 8}`);
    mkdirSync(tenant, { recursive: true });
    writeFileSync(join(tenant, `net-${i}.yaml`), largeNetwork(i, nodes, i < floating));
  }
}

function largeNetwork(i, nodes, isFloating) {
  const [name, namespace] = [`net-${i}`, `tenant-${i % 8}`];
  const docs = [`${HEAD}kind: Network\nmetadata: { name: ${name}, namespace: ${namespace}, labels: { tier: web } }\nspec: { cidr: 10.0.0.0/24 }\n`];
  for (let n = 0; n < 5; n += 1) {
    const meta = `{ name: ${name}-vm-${n}, namespace: ${namespace}, labels: { role: ${n === 0 ? 'web' : 'db'}, app: shop } }`;
    docs.push(`${HEAD}kind: Interface\nmetadata: ${meta}\nspec: { network: ${name}, node: n${((i * 5 + n) % nodes) + 1}, attach: { tap: {} } }\n`);
  }
  if (isFloating) docs.push(`${HEAD}kind: FloatingIP\nmetadata: { name: ${name}-www, namespace: ${namespace} }\nspec: { interface: ${name}-vm-0 }\n`);
  return docs.join('---\n');
}
