/** A queue of whole numbers that gives the smallest first. */
export interface Heap {
  readonly size: number;
  push(value: number): void;
  /** The smallest, taken out; undefined when empty. */
  pop(): number | undefined;
}

/** Makes an empty one. */
export function makeHeap(): Heap {
  const values: number[] = [];
  const at = (i: number) => values[i] ?? Number.POSITIVE_INFINITY;
  const sink = (value: number) => {
    let i = 0;
    for (;;) {
      const left = 2 * i + 1;
      const least = at(left) <= at(left + 1) ? left : left + 1;
      if (at(least) >= value) break;
      values[i] = at(least);
      i = least;
    }
    values[i] = value;
  };
  return {
    get size() {
      return values.length;
    },
    push(value) {
      let i = values.length;
      while (i > 0 && at((i - 1) >> 1) > value) {
        values[i] = at((i - 1) >> 1);
        i = (i - 1) >> 1;
      }
      values[i] = value;
    },
    pop() {
      const first = values[0];
      const last = values.pop();
      if (last !== undefined && values.length > 0) sink(last);
      return first;
    },
  };
}
