/** What dpkg is told of the package: who needs what, and who may use it. */

/** Architectures of Debian by Node's names, for which koffi has machine code. */
const ARCHITECTURES = new Map([
  ['x64', 'amd64'],
  ['arm64', 'arm64'],
]);

/** This machine's, as Debian calls it. Throws an Error where there is none. */
export function architecture(arch = process.arch) {
  const name = ARCHITECTURES.get(arch);
  if (name === undefined) throw new Error(`deb: packages are made for ${[...ARCHITECTURES.values()].join(' and ')}, and this is ${arch}`);
  return name;
}

/** `1.2.3-rc.1` as dpkg orders it: before 1.2.3. */
export const debianVersion = version => version.replace('-', '~');

// DEBFULLNAME and DEBEMAIL: as all of Debian's tools take it, see dch(1).
const maintainer = ({ DEBFULLNAME: name = 'The netloom developers', DEBEMAIL: email = 'netloom@netloom.dev' } = process.env) => `${name} <${email}>`;

const RECOMMENDS = ['dnsmasq-base', 'conntrack', 'git'];
const SUGGESTS = ['openssh-client', 'gpgv', 'xorriso'];

/**
 * The file `control`.
 *
 * @param manifest   of npm; `sizeKb` what is installed takes; `libraries` what the machine code needs
 */
export function controlFile({ manifest, sizeKb, libraries }) {
  const [, node] = /^>=([\d.]+)$/.exec(manifest.engines.node) ?? [];
  if (node === undefined) throw new Error(`deb: engines.node of package.json is ${manifest.engines.node}, not >=VERSION`);
  const fields = {
    Package: manifest.name,
    Version: debianVersion(manifest.version),
    Architecture: architecture(),
    Maintainer: maintainer(),
    'Installed-Size': sizeKb,
    Depends: [`nodejs (>= ${node})`, 'iproute2', 'nftables', ...libraries].join(', '),
    Recommends: RECOMMENDS.join(', '),
    Suggests: SUGGESTS.join(', '),
    Section: 'net',
    Priority: 'optional',
    Description: `GitOps for virtual networks\n${DESCRIPTION.map(line => ` ${line}`).join('\n')}`,
  };
  return `${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')}\n`;
}

const DESCRIPTION = [
  'netloom makes tenant networks across hypervisors from YAML definitions in a',
  'git repository: VXLAN with addresses and MACs programmed instead of learned,',
  'routers with DHCP, DNS and NAT, floating and routed addresses.',
  '.',
  'Each node pulls the repository, works out what its kernel must look like,',
  'changes only what differs, reads it back, and publishes status and',
  'allocations to a branch. There is no controller and no database, and a node',
  'goes on working while git is down.',
  '.',
  'Nothing is enabled by the installation: "netloom join" does that. Removing',
  'the package removes no network: "netloom leave" does, before.',
];

/** The Debian changelog: what changed stands in CHANGELOG.md. */
export const changelog = ({ version }, date) =>
  `netloom (${debianVersion(version)}) unstable; urgency=medium\n\n  * What changed is in CHANGELOG.md beside this file.\n\n -- ${maintainer()}  ${date.toUTCString().replace('GMT', '+0000')}\n`;

const COPYRIGHT = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: netloom
Comment: dist/netloom.js and dist/chunks have other packages in them; their licenses are in
 /usr/share/doc/netloom/THIRD-PARTY-LICENSES.txt.

Files: *
Copyright: The netloom developers
License: Apache-2.0
 On Debian systems, the full text of the Apache License version 2.0 is in
 /usr/share/common-licenses/Apache-2.0.

Files: usr/lib/netloom/node_modules/*
Copyright: Niels Martignène <niels.martignene@protonmail.com>
License: MIT
`;

/** With the license of koffi, whose machine code is in the package. */
export const copyright = koffi =>
  `${COPYRIGHT}${koffi
    .trim()
    .split('\n')
    .slice(1)
    .map(line => ` ${line.trim() === '' ? '.' : line}`)
    .join('\n')
    .replace(/^( \.\n)+/, '')}\n`;
