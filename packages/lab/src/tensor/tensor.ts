import type { Backend, Block } from "./backend.ts";

/** How a tensor came to be: `back` turns the gradient by it into the gradients by its inputs. */
export interface Step {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  /** One gradient for each input, undefined where there is none. `again` asks for gradients that can be differentiated themselves. */
  back(gradient: Tensor, again: boolean): readonly (Tensor | undefined)[];
  /** Frees what was kept for `back`. */
  free?(): void;
}

/** A block that several tensors may look at (a reshaped one shares its source's). */
class Shared {
  readonly block: Block;
  owners = 0;
  constructor(block: Block) {
    this.block = block;
  }
}

let count = 0;
let recording = true;
const scopes: Tensor[][] = [];

/**
 * Numbers of a shape on a backend, with the step that made them, for the gradient. Values never change after making, parameters apart
 * (an optimiser writes them in place). Freed by the scope in which they were made, unless kept.
 */
export class Tensor {
  /** Later tensors have higher numbers: the order for the gradient. */
  readonly id: number = count++;
  readonly backend: Backend;
  readonly shape: readonly number[];
  readonly #shared: Shared;
  #alive = true;
  /** Lives until `free`, whatever scope it was made in. */
  kept = false;
  step: Step | undefined;
  /** Whether gradients flow to it or through it. */
  readonly tracked: boolean;

  private constructor(backend: Backend, shared: Shared, shape: readonly number[], tracked: boolean, step?: Step) {
    this.backend = backend;
    this.#shared = shared;
    this.shape = shape;
    this.tracked = tracked;
    this.step = step;
    shared.owners++;
    scopes.at(-1)?.push(this);
  }
  /** Wraps a new block. With a `step` whose inputs are tracked, the result is tracked. */
  static make(backend: Backend, block: Block, shape: readonly number[], step?: Step): Tensor {
    const tracked = recording && (step?.inputs.some((t) => t.tracked) ?? false);
    if (!tracked) step?.free?.();
    return new Tensor(backend, new Shared(block), shape, tracked, tracked ? step : undefined);
  }
  /** The same numbers in another shape. */
  static view(of: Tensor, shape: readonly number[], step?: Step): Tensor {
    const tracked = recording && step !== undefined && of.tracked;
    return new Tensor(of.backend, of.#shared, shape, tracked, tracked ? step : undefined);
  }
  static from(backend: Backend, values: Float32Array | readonly number[], shape: readonly number[]): Tensor {
    if (values.length !== size(shape)) throw new RangeError(`${values.length} values do not fill [${shape}]`);
    return Tensor.make(backend, backend.from(values instanceof Float32Array ? values : Float32Array.from(values)), shape);
  }
  /** Tracked, though no step made it: gradients arrive here. */
  static leaf(backend: Backend, values: Float32Array, shape: readonly number[]): Tensor {
    return new Tensor(backend, new Shared(backend.from(values)), shape, true);
  }
  /** A leaf that is kept. */
  static parameter(backend: Backend, values: Float32Array, shape: readonly number[]): Tensor {
    return Tensor.leaf(backend, values, shape).keep();
  }
  /** A parameter of a block that is there. */
  static trained(backend: Backend, block: Block, shape: readonly number[]): Tensor {
    return new Tensor(backend, new Shared(block), shape, true).keep();
  }
  static full(backend: Backend, shape: readonly number[], value: number): Tensor {
    return Tensor.make(backend, backend.full(size(shape), value), shape);
  }
  /** Whether nobody else looks at its block, so that it may be changed in place. */
  get exclusive(): boolean {
    return this.#shared.owners === 1;
  }
  get block(): Block {
    if (!this.#alive) throw new Error(`this tensor [${this.shape}] was freed; keep() it, or use it inside its scope`);
    return this.#shared.block;
  }
  get size(): number {
    return size(this.shape);
  }
  get rank(): number {
    return this.shape.length;
  }
  get freed(): boolean {
    return !this.#alive;
  }
  keep(): this {
    this.kept = true;
    return this;
  }
  /** The same numbers, to which no gradient flows. */
  detach(): Tensor {
    return new Tensor(this.backend, this.#shared, this.shape, false);
  }
  /** As they are at this moment, whatever is freed or written before the answer comes. */
  values(): Promise<Float32Array> {
    return this.backend.read(this.block);
  }
  /** Throws on a GPU. */
  valuesSync(): Float32Array {
    return this.backend.readSync(this.block);
  }
  /** The one number of a scalar. */
  async item(): Promise<number> {
    return (await this.values())[0]!;
  }
  free(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.step?.free?.();
    this.step = undefined;
    if (--this.#shared.owners === 0) this.backend.free(this.#shared.block);
  }
}

export function size(shape: readonly number[]): number {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}

/** Runs `body` and frees every tensor made in it, except those in its answer (a tensor, or arrays, maps and objects of them) and those kept. */
export function scope<T>(body: () => T): T {
  const mine: Tensor[] = [];
  scopes.push(mine);
  let answer: T | undefined;
  let done = false;
  try {
    answer = body();
    if (answer instanceof Promise)
      throw new Error("a scope must not be asynchronous: tensors of others would be freed with it");
    done = true;
    return answer;
  } finally {
    scopes.pop();
    const out = new Set<Tensor>();
    if (done) collect(answer, out);
    const outer = scopes.at(-1);
    for (const t of mine) {
      if (t.kept || t.freed) continue;
      if (out.has(t)) outer?.push(t);
      else t.free();
    }
  }
}
/** Runs `body` and holds every tensor made in it until `free`: for steps that are taken back later, when others were made (a pipeline). */
export function held<T>(body: () => T): { readonly answer: T; free(): void } {
  const mine: Tensor[] = [];
  const free = (): void => {
    for (const t of mine) if (!t.kept) t.free();
  };
  scopes.push(mine);
  try {
    return { answer: body(), free };
  } catch (error) {
    free();
    throw error;
  } finally {
    scopes.pop();
  }
}
function collect(value: unknown, out: Set<Tensor>): void {
  if (value instanceof Tensor) out.add(value);
  else if (Array.isArray(value)) for (const v of value) collect(v, out);
  else if (value instanceof Map) for (const v of value.values()) collect(v, out);
  else if (value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype)
    for (const v of Object.values(value)) collect(v, out);
}

/** Runs `body` without recording steps: evaluation, generation, optimisers. */
export function untracked<T>(body: () => T): T {
  return withRecording(false, body);
}
export function withRecording<T>(on: boolean, body: () => T): T {
  const before = recording;
  recording = on;
  try {
    return body();
  } finally {
    recording = before;
  }
}
