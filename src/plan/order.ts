/** Puts drafts into the order of execution. Linear but for the queues; the same drafts and edges always give the same order. */
import { lane, type Op } from '../kinds/op.ts';
import type { Draft } from './drafts.ts';
import type { Edge } from './edges.ts';
import { type Heap, makeHeap } from './heap.ts';

/**
 * Indexes of drafts in the order of execution. Among ready ones: what is taken over, makes, updates, deletes; within these it stays with the lane
 * of the last one, which is what makes batches; then by index, that is by ref. Throws a Bug that names a cycle of hard edges.
 */
export function orderOf(drafts: readonly Draft[], edges: readonly Edge[]): readonly number[] {
  const open = openEdges(drafts.length, edges);
  const ready = makeReady(drafts);
  for (let i = 0; i < drafts.length; i++) if (open.waits(i) === 0) ready.push(i);
  const order: number[] = [];
  const done = new Uint8Array(drafts.length);
  while (order.length < drafts.length) {
    const next = ready.pop();
    if (next === undefined) {
      for (const edge of softEdgesOfCycles(drafts, edges, open, done)) if (open.drop(edge)) ready.push((edges[edge] as Edge).after);
      continue;
    }
    done[next] = 1;
    order.push(next);
    for (const freed of open.finish(next)) ready.push(freed);
  }
  return order;
}

interface Open {
  /** How many edges still hold a draft back. */
  waits(draft: number): number;
  isDropped(edge: number): boolean;
  /** Forgets one edge; true when that makes its `after` ready. */
  drop(edge: number): boolean;
  /** What becomes ready when a draft is done. */
  finish(draft: number): readonly number[];
}

function openEdges(size: number, edges: readonly Edge[]): Open {
  const waits = new Int32Array(size);
  const dropped = new Uint8Array(edges.length);
  // Edges that leave each draft, as linked lists in two arrays: no list object for each of ten thousands.
  const first = new Int32Array(size).fill(-1);
  const next = new Int32Array(edges.length);
  for (let i = edges.length - 1; i >= 0; i--) {
    const { before, after } = edges[i] as Edge;
    next[i] = first[before] ?? -1;
    first[before] = i;
    waits[after] = (waits[after] ?? 0) + 1;
  }
  const release = (edge: number) => {
    const { after } = edges[edge] as Edge;
    const left = (waits[after] ?? 0) - 1;
    waits[after] = left;
    return left === 0;
  };
  return {
    waits: draft => waits[draft] ?? 0,
    isDropped: edge => dropped[edge] === 1,
    drop(edge) {
      dropped[edge] = 1;
      return release(edge);
    },
    finish(draft) {
      const freed: number[] = [];
      for (let i = first[draft] ?? -1; i >= 0; i = next[i] ?? -1) if (dropped[i] === 0 && release(i)) freed.push((edges[i] as Edge).after);
      return freed;
    },
  };
}

interface Ready {
  push(draft: number): void;
  pop(): number | undefined;
}

const VERBS = ['adopt', 'make', 'update', 'delete'] as const;

function makeReady(drafts: readonly Draft[]): Ready {
  const queues = { adopt: makeLanes(), make: makeLanes(), update: makeLanes(), delete: makeLanes() };
  const laneOf = (op: Op | undefined) => (op === undefined ? '' : lane(op));
  const lanes = drafts.map(draft => laneOf(draft.ops[0]));
  const taken = new Uint8Array(drafts.length);
  let last = '';
  return {
    push(draft) {
      queues[(drafts[draft] as Draft).verb].push(draft, lanes[draft] ?? '');
    },
    pop() {
      for (const verb of VERBS) {
        const draft = queues[verb].pop(last, taken);
        if (draft === undefined) continue;
        taken[draft] = 1;
        last = laneOf((drafts[draft] as Draft).ops.at(-1));
        return draft;
      }
      return undefined;
    },
  };
}

interface Lanes {
  push(draft: number, lane: string): void;
  pop(lane: string, taken: Uint8Array): number | undefined;
}

// Each draft stands in the queue of its lane and in that of all lanes, and is skipped where it comes up second.
function makeLanes(): Lanes {
  const all = makeHeap();
  const byLane = new Map<string, Heap>();
  const untaken = (heap: Heap | undefined, taken: Uint8Array) => {
    let draft = heap?.pop();
    while (draft !== undefined && taken[draft] === 1) draft = heap?.pop();
    return draft;
  };
  return {
    push(draft, name) {
      all.push(draft);
      const heap = byLane.get(name) ?? makeHeap();
      heap.push(draft);
      byLane.set(name, heap);
    },
    pop: (name, taken) => untaken(byLane.get(name), taken) ?? untaken(all, taken),
  };
}

/**
 * Everything that is left waits for something that is left. Following for each its first open edge back finds cycles that
 * share no draft; one soft edge of each is given up.
 */
function softEdgesOfCycles(drafts: readonly Draft[], edges: readonly Edge[], open: Open, done: Uint8Array): readonly number[] {
  const incoming = new Int32Array(drafts.length).fill(-1);
  edges.forEach((edge, i) => {
    if (done[edge.before] === 0 && incoming[edge.after] === -1 && !open.isDropped(i)) incoming[edge.after] = i;
  });
  const walk = new Int32Array(drafts.length);
  const found: number[] = [];
  for (let start = 0; start < drafts.length; start++) {
    if (done[start] === 1 || walk[start] !== 0) continue;
    const way: number[] = [];
    let at = start;
    while (walk[at] === 0) {
      walk[at] = start + 1;
      const edge = incoming[at] ?? -1;
      way.push(edge);
      at = edges[edge]?.before ?? start;
    }
    if (walk[at] === start + 1) found.push(softEdge(drafts, edges, way.slice(way.indexOf(incoming[at] ?? -1))));
  }
  return found;
}

function softEdge(drafts: readonly Draft[], edges: readonly Edge[], cycle: readonly number[]): number {
  const soft = cycle.filter(edge => edges[edge]?.soft);
  // Letting go before removal is the least of them: it only spares a disturbance.
  const chosen = soft.find(edge => drafts[edges[edge]?.after ?? -1]?.verb === 'delete') ?? soft[0];
  if (chosen !== undefined) return chosen;
  const names = cycle.map(edge => drafts[edges[edge]?.after ?? -1]).map(draft => `${draft?.verb} ${draft?.ref}`);
  throw new Error(`bug: a cycle of steps, each of which must come after the next: ${[...names, names[0]].join(', ')}`);
}
