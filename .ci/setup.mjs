/**
 * Makes a checkout ready: Node's version, npm packages, Debian packages, the build. Runs before every npm script that needs
 * them, so it imports nothing from npm, takes a blink when there is nothing to do, and then prints nothing.
 * `--npm-only`: what `npm run check` needs (no Debian packages, no build). `--machines`: also what virtual machines and a server of ssh need, for tests.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { getMachine } from './machine.mjs';
import { getSshd } from './sshd.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const STAMP = join(ROOT, 'node_modules', '.netloom-setup');

/** Program to the Debian package that has it. */
const PROGRAMS = new Map([
  ['ip', 'iproute2'],
  ['bridge', 'iproute2'],
  ['nft', 'nftables'],
  ['git', 'git'],
  ['ssh-keygen', 'openssh-client'],
  ['gpgv', 'gpgv'],
  ['tcpdump', 'tcpdump'],
  ['strace', 'strace'],
  ['unshare', 'util-linux'],
  ['nsenter', 'util-linux'],
  ['setpriv', 'util-linux'],
  ['mount', 'mount'],
  ['ping', 'iputils-ping'],
  ['arping', 'iputils-arping'],
  ['socat', 'socat'],
  ['systemd-analyze', 'systemd'],
  ['ps', 'procps'],
  ['sysctl', 'procps'],
  // Not the package dnsmasq: that starts a service of its own.
  ['dnsmasq', 'dnsmasq-base'],
  ['conntrack', 'conntrack'],
  // With groff: pages of the manual are looked at.
  ['man', 'man-db'],
  ['busybox', 'busybox-static'],
  ['xorriso', 'xorriso'],
  ['ssh', 'openssh-client'],
  ['ssh-keygen', 'openssh-client'],
]);

/** What tests alone need besides, a program or a file: shells whose completion is driven. */
const FOR_TESTS = new Map([
  ['zsh', 'zsh'],
  ['fish', 'fish'],
  ['/usr/share/bash-completion/bash_completion', 'bash-completion'],
]);

const say = text => process.stderr.write(`setup: ${text}\n`);

function fail(text) {
  say(text);
  process.exit(1);
}

function checkNode() {
  const wanted = /(\d+)\.(\d+)/.exec(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).engines.node);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > Number(wanted[1]) || (major === Number(wanted[1]) && minor >= Number(wanted[2]))) return;
  fail(`netloom needs Node ${wanted[0]} or newer, this is ${process.version}`);
}

function stampOf() {
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  return `${lock} ${process.version} ${process.platform}-${process.arch}\n`;
}

/** npm as the one that runs us, else the one beside node or on the PATH. */
function npmCommand() {
  const inside = process.env.npm_execpath;
  if (inside?.endsWith('.js') && existsSync(inside)) return [process.execPath, inside];
  const npm = find('npm') ?? fail('npm is not on the PATH');
  return [npm];
}

function installPackages() {
  const stamp = stampOf();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) return;
  say('npm ci');
  const [program, ...args] = npmCommand();
  run(program, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(STAMP, stamp);
}

/** Its output is shown only when it fails. */
function run(program, args, env = process.env) {
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  if (error) fail(`${program}: ${error.message}`);
  if (status !== 0) fail(`failed: ${[program, ...args].join(' ')}\n${stdout}${stderr}`);
}

function find(program) {
  const dirs = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return dirs.map(dir => join(dir || '.', program)).find(path => isProgram(path));
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function installDebianPackages() {
  const wanted = [...PROGRAMS, ...(process.argv.includes('--machines') ? FOR_TESTS : [])];
  const missing = wanted.filter(([name]) => (name.startsWith('/') ? !existsSync(name) : !find(name)));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, name]) => name))];
  const names = missing.map(([program]) => program).join(', ');
  const apt = find('apt-get');
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (!apt) fail(`not found: ${names}. Install what gives them (on Debian: ${packages.join(' ')})`);
  if (process.getuid?.() !== 0) fail(`not found: ${names}. As root: ${command}`);
  say(command);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run(apt, ['update', '-qq'], env);
  run(apt, ['install', '-y', '-qq', '--no-install-recommends', ...packages], env);
}

/** Newest change below a path, milliseconds. */
function newest(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map(name => newest(join(path, name))));
}

async function buildWhenOld() {
  const made = join(ROOT, 'dist', 'netloom.js');
  const sources = ['src', 'schemas', 'package.json', 'systemd', '.ci', 'package-lock.json'];
  if (existsSync(made) && statSync(made).mtimeMs > Math.max(...sources.map(name => newest(join(ROOT, name))))) return;
  say('build');
  const { build } = await import(pathToFileURL(join(ROOT, '.ci', 'build.mjs')).href);
  await build().catch(error => fail(error.message));
}

checkNode();
installPackages();
if (!process.argv.includes('--npm-only')) {
  installDebianPackages();
  if (process.argv.includes('--machines')) {
    getMachine(find, say);
    getSshd(find, say);
  }
  await buildWhenOld();
}
