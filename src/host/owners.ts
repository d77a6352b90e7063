/** Whose a device or a process is that is not netloom's own, as far as files of the node tell. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where libvirt keeps what runs, a file for each guest. */
const GUESTS = '/run/libvirt/qemu';

/** The guest of libvirt that has a device; null where none has, or where that is not ours to read. */
export function libvirtGuestOf(ifname: string, folder = GUESTS): string | null {
  try {
    const files = readdirSync(folder).filter(name => name.endsWith('.xml'));
    const found = files.find(name => readFileSync(join(folder, name), 'utf8').includes(`<target dev='${ifname}'/>`));
    return found === undefined ? null : found.slice(0, -'.xml'.length);
  } catch {
    return null;
  }
}

/** The service of a network that `pid:123` runs, as services are named: `<uuid>/dnsmasq`; null for any other word or process. */
export function serviceOfPid(word: string): string | null {
  const [, pid] = /^pid:([0-9]{1,9})$/.exec(word) ?? [];
  if (pid === undefined) return null;
  const conf = textOf(`/proc/${pid}/cmdline`)
    .split('\0')
    .find(each => each.startsWith('--conf-file='));
  const [program = '', uuid = ''] = (conf ?? '').split('/').reverse();
  return uuid === '' ? null : `${uuid}/${program.replace(/\.conf$/, '')}`;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
