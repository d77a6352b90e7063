/** The files of a config drive: what cloud-init and its like read on the first boot, when there is no metadata service. */
import type { InstanceData } from './instance-data.ts';
import { networkConfig, networkData, plainYaml } from './instance-formats.ts';

/** What becomes a file system: its label, and its files by path. */
export interface Drive {
  readonly label: string;
  readonly files: ReadonlyMap<string, string>;
}

/** Versions of the metadata that OpenStack's drives have as folders: the newest, and the one that names network data for all readers. */
const VERSIONS = ['latest', '2017-02-22'];

/** OpenStack's config drive (`config-2`). `userData` is handed on as it is. */
export function configDrive(data: InstanceData, userData?: string): Drive {
  const meta = { uuid: data.uuid, name: data.name, hostname: data.hostname, launch_index: 0 };
  const files = VERSIONS.flatMap((version): [string, string][] => [
    [`openstack/${version}/meta_data.json`, json(meta)],
    [`openstack/${version}/network_data.json`, json(networkData(data))],
    ...(userData === undefined ? [] : [[`openstack/${version}/user_data`, userData] satisfies [string, string]]),
  ]);
  return { label: 'config-2', files: new Map(files) };
}

/** cloud-init's NoCloud drive (`cidata`); it insists on a user-data, so there is an empty one. */
export function noCloudDrive(data: InstanceData, userData = '#cloud-config\n{}\n'): Drive {
  return {
    label: 'cidata',
    files: new Map([
      ['meta-data', plainYaml({ 'instance-id': data.uuid, 'local-hostname': data.hostname })],
      ['network-config', plainYaml(networkConfig(data))],
      ['user-data', userData],
    ]),
  };
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
