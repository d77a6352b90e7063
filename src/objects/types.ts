// Generated from schemas/ by .ci/gen.mjs. Do not edit.
// (This first one was written by hand to the same shape; the generator replaces it.)
export interface Metadata { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> }
export interface Cluster { apiVersion: 'netloom.dev/v1'; kind: 'Cluster'; metadata: Metadata; spec: { underlay: { port: number; mtu: number }; mesh: { learning: boolean }; vxids: { first: number; last: number }; macPrefix: string; quarantine: string; memory: string } }
export interface Node { apiVersion: 'netloom.dev/v1'; kind: 'Node'; metadata: Metadata; spec: { underlay: { address: string; device?: string; mtu?: number }; gateway: boolean; bridgeNetfilter: 'off' | 'keep' } }
export interface Namespace { apiVersion: 'netloom.dev/v1'; kind: 'Namespace'; metadata: Metadata; spec: object }
export interface Network { apiVersion: 'netloom.dev/v1'; kind: 'Network'; metadata: Metadata; spec: { cidr?: string; mtu?: number; vxid?: number | string; mesh?: { learning?: boolean } } }
export interface Interface { apiVersion: 'netloom.dev/v1'; kind: 'Interface'; metadata: Metadata; spec: { network: string; node?: string; instance?: string; order: number; address: string; mac?: string; attach: { tap?: { ifname?: string; owner?: string; multiQueue: boolean }; netns?: { name: string; ifname?: string }; bridge?: { port?: string }; host?: { ifname?: string } }; spoofProtection: boolean; allowedAddresses: string[] } }
