import { drawCluster, drawFloating, drawInterface, drawNetwork, drawNode } from '../../src/graph/draw.ts';
import type { Drawing } from '../../src/graph/drawing.ts';
import { type Scene, sceneOf } from '../../src/graph/scene.ts';
import { compiledFor } from '../../src/pass/devices.ts';
import type { View } from '../../src/report/state.ts';

/** What `netloom graph` would draw of a view, by what it is asked for. */
export function drawings(view: View): {
  readonly scene: Scene;
  readonly network: (key: string) => Drawing;
  readonly node: (name: string) => Drawing;
  readonly iface: (key: string) => Drawing;
  readonly floating: (key: string) => Drawing;
  readonly cluster: () => Drawing;
} {
  const scene = sceneOf(view, compiledFor(view));
  const { catalog } = view;
  const known = <T>(found: T | undefined, name: string): T => {
    if (found === undefined) throw new Error(`no ${name} in the view`);
    return found;
  };
  return {
    scene,
    network: key => drawNetwork(known(catalog.networks.get(key), key), scene),
    node: name => drawNode(known(catalog.nodes.get(name), name), scene),
    iface: key => {
      const found = known(catalog.interfaces.get(key), key);
      return drawInterface(found, known(catalog.networks.get(`${found.namespace}/${found.spec.network}`), key), scene);
    },
    floating: key => drawFloating(key, scene),
    cluster: () => drawCluster(scene),
  };
}
