import type { Backend } from "../src/tensor/index.ts";

/** Something that holds on every backend; `run` throws where it does not. It needs no test runner, so that a page in a browser runs it too. */
export interface Check {
  readonly name: string;
  run(backend: Backend): Promise<void>;
}

/** Numbers in [low, high), the same at every call of a fresh `random`. */
export type Draw = (n: number, low?: number, high?: number) => Float32Array;
export function draws(seed: number): Draw {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return (n, low = -1, high = 1) => Float32Array.from({ length: n }, () => low + (high - low) * random());
}
