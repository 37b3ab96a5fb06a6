import { InksealError } from "@inkseal/core";
import { kernel } from "../kernels/kernel.ts";
import type { Pool } from "../kernels/pool.ts";
import { type GptConfig, gptSizes } from "../models/config.ts";
import type { WasmBackend } from "../tensor/wasm-backend.ts";
import type { MixedWeights } from "../weights.ts";
import type { Decoder, Feed, Sequence } from "./decoder.ts";
import { loadMatrices, type Matrix, project, type Rows } from "./matrices.ts";

export interface GptDecoder extends Decoder {
  /** Frees the weights; sequences must be closed before. */
  close(): void;
}

/**
 * A GPT with a cache of keys and values, f32 or quantised, several sequences in one pass. The whole pass over a model without experts is one call into the
 * kernels: decoding a token is some hundred small jobs, and the way to and fro would cost more than the arithmetic.
 */
export function gptDecoder(backend: WasmBackend, config: GptConfig, weights: MixedWeights): GptDecoder {
  const { pool } = backend;
  const loaded = loadMatrices(pool, weights);
  const matrix = (name: string): Matrix => {
    const found = loaded.matrices.get(name);
    if (found === undefined) throw new InksealError("bad-file", `the model lacks ${name}`);
    return found;
  };
  const sizes = gptSizes(config);
  const tables = rotationTables(pool, config);
  const plan = {
    pool,
    config,
    ...sizes,
    matrix,
    tables,
    output: config.tied ? matrix("model.embed_tokens.weight") : matrix("lm_head.weight"),
  };
  return {
    vocab: config.vocab,
    context: config.context,
    open: () => new CachedSequence(pool, config.layers, sizes.kvWidth, config.context),
    feed: (work, every = false) => forward(plan, work as readonly (Feed & { sequence: CachedSequence })[], every),
    close() {
      loaded.free();
      tables.free();
    },
  };
}

function rotationTables(pool: Pool, { context, ropeTheta, ...c }: GptConfig): { cos: number; sin: number; free(): void } {
  const half = c.width / c.heads / 2;
  const bytes = context * half * 4;
  const [cos, sin] = [pool.heap.allocate(bytes), pool.heap.allocate(bytes)];
  for (let p = 0; p < context; p++)
    for (let i = 0; i < half; i++) {
      const angle = p * ropeTheta ** (-i / half);
      pool.heap.f32[cos / 4 + p * half + i] = Math.cos(angle);
      pool.heap.f32[sin / 4 + p * half + i] = Math.sin(angle);
    }
  return {
    cos,
    sin,
    free() {
      for (const at of [cos, sin]) pool.heap.release(at, bytes);
    },
  };
}

/** Keys and values of one sequence: for each layer [room, kvWidth] each, growing by doubling. */
class CachedSequence implements Sequence {
  readonly #pool: Pool;
  readonly #layers: number;
  readonly #width: number;
  readonly #context: number;
  #room = 0;
  #at: number[] = [];
  length = 0;

  constructor(pool: Pool, layers: number, width: number, context: number) {
    this.#pool = pool;
    this.#layers = layers;
    this.#width = width;
    this.#context = context;
  }
  /** Makes room for `length` tokens. Throws `bad-request` beyond the context. */
  reserve(length: number): void {
    if (length > this.#context)
      throw new InksealError("bad-request", `${length} tokens do not fit this model's context of ${this.#context}`);
    if (length <= this.#room) return;
    const room = Math.min(this.#context, Math.max(64, length, this.#room * 2));
    const { heap } = this.#pool;
    const before = this.#at;
    this.#at = Array.from({ length: 2 * this.#layers }, () => heap.allocate(room * this.#width * 4));
    before.forEach((at, i) => {
      heap.f32.copyWithin(this.#at[i]! / 4, at / 4, at / 4 + this.length * this.#width);
      heap.release(at, this.#room * this.#width * 4);
    });
    this.#room = room;
  }
  keys(layer: number): number {
    return this.#at[2 * layer]!;
  }
  values(layer: number): number {
    return this.#at[2 * layer + 1]!;
  }
  truncate(length: number): void {
    if (length < 0 || length > this.length)
      throw new RangeError(`a sequence of ${this.length} tokens cannot be cut to ${length}`);
    this.length = length;
  }
  fork(): CachedSequence {
    const copy = new CachedSequence(this.#pool, this.#layers, this.#width, this.#context);
    copy.reserve(this.length);
    const { f32 } = this.#pool.heap;
    copy.#at.forEach((at, i) => {
      f32.copyWithin(at / 4, this.#at[i]! / 4, this.#at[i]! / 4 + this.length * this.#width);
    });
    copy.length = this.length;
    return copy;
  }
  close(): void {
    for (const at of this.#at.splice(0)) this.#pool.heap.release(at, this.#room * this.#width * 4);
    this.#room = 0;
    this.length = 0;
  }
}

interface Plan extends ReturnType<typeof gptSizes> {
  readonly pool: Pool;
  readonly config: GptConfig;
  readonly matrix: (name: string) => Matrix;
  readonly tables: { readonly cos: number; readonly sin: number };
  readonly output: Matrix;
}
type Work = readonly (Feed & { readonly sequence: CachedSequence })[];

function forward(plan: Plan, work: Work, every: boolean): Float32Array[][] {
  const { pool, config, matrix } = plan;
  for (const { sequence, tokens } of work) {
    if (tokens.length === 0) throw new InksealError("bad-request", "a sequence was fed no token");
    for (const token of tokens)
      if (!(token >= 0 && token < config.vocab)) throw new InksealError("bad-request", `there is no token ${token}`);
    sequence.reserve(sequence.length + tokens.length);
  }
  const m = work.reduce((n, { tokens }) => n + tokens.length, 0);
  const room = new Room(pool);
  try {
    const x = room.floats(m * config.width);
    const embedding = matrix("model.embed_tokens.weight");
    let row = 0;
    for (const { tokens } of work) for (const token of tokens) embed(pool, embedding, token, x + row++ * config.width * 4);

    const h = room.rows(m, config.width);
    const layers = (): void => {
      for (let i = 0; i < config.layers; i++) {
        attend(plan, room, work, i, x, h);
        normalise(plan, `model.layers.${i}.post_attention_layernorm.weight`, x, h);
        if (config.experts === undefined)
          feedForward(plan, room, `model.layers.${i}.mlp.`, ["gate_proj", "up_proj", "down_proj"], h, x);
        else routed(plan, room, `model.layers.${i}.block_sparse_moe.`, h, x);
      }
    };
    // the rows whose logits are asked for, brought together
    const last = every ? work.map(({ tokens }) => tokens.length) : work.map(() => 1);
    const wanted = last.reduce((a, b) => a + b, 0);
    const ends = room.rows(wanted, config.width);
    const logits = room.floats(wanted * config.vocab);
    const finish = (): void => {
      normalise(plan, "model.norm.weight", x, h);
      let from = 0;
      let to = 0;
      work.forEach(({ tokens }, i) => {
        const count = last[i]!;
        move(
          pool,
          h.at + (from + tokens.length - count) * config.width * 4,
          ends.at + to * config.width * 4,
          count * config.width,
        );
        from += tokens.length;
        to += count;
      });
      project(pool, ends, plan.output, logits);
    };
    if (config.experts === undefined)
      pool.list(() => {
        layers();
        finish();
      });
    else {
      layers(); // routing reads the router's logits between jobs
      finish();
    }
    for (const { sequence, tokens } of work) sequence.length += tokens.length;
    let at = logits / 4;
    return last.map((count) =>
      Array.from({ length: count }, () => {
        const out = new Float32Array(pool.heap.f32.subarray(at, at + config.vocab));
        at += config.vocab;
        return out;
      }),
    );
  } finally {
    room.free();
  }
}

function attend(plan: Plan, room: Room, work: Work, layer: number, x: number, h: Rows): void {
  const { pool, config, head, kvHeads, kvWidth, matrix, tables } = plan;
  const name = `model.layers.${layer}.`;
  const weight = (part: string): Matrix => matrix(`${name}self_attn.${part}.weight`);
  const q = room.shared("q", h.m * config.width);
  const turned = room.shared("turned", h.m * config.width);
  const k = room.shared("k", h.m * kvWidth);
  const v = room.shared("v", h.m * kvWidth);
  const y = room.sharedRows("y", h.m, config.width);
  normalise(plan, `${name}input_layernorm.weight`, x, h);
  project(pool, h, weight("q_proj"), q);
  project(pool, h, weight("k_proj"), k);
  project(pool, h, weight("v_proj"), v);
  let row = 0;
  for (const { sequence, tokens } of work) {
    const T = tokens.length;
    const S = sequence.length + T;
    const keys = sequence.keys(layer);
    const values = sequence.values(layer);
    const at = (base: number, width: number): number => base + row * width * 4;
    const rope = (from: number, to: number, heads: number): void =>
      pool.run(kernel.rope, 1, [from, to, tables.cos, tables.sin, T, heads, head, T, 0, T, sequence.length]);
    rope(at(q, config.width), at(turned, config.width), config.heads);
    rope(at(k, kvWidth), keys + sequence.length * kvWidth * 4, kvHeads);
    move(pool, at(v, kvWidth), values + sequence.length * kvWidth * 4, T * kvWidth);
    pool.run(kernel.attention, config.heads, [
      at(turned, config.width),
      keys,
      values,
      at(y.at, config.width),
      0,
      1,
      T,
      S,
      config.heads,
      kvHeads,
      head,
      1,
      pool.float(1 / Math.sqrt(head)),
      config.width,
      kvWidth,
      config.width,
      0,
    ]);
    row += T;
  }
  y.quantised = false;
  project(pool, y, weight("o_proj"), x, true);
}

function feedForward(
  plan: Plan,
  room: Room,
  prefix: string,
  [gate, up, down]: readonly [string, string, string],
  h: Rows,
  x: number,
  weight = 1,
): void {
  const { pool, hidden, matrix } = plan;
  const n = h.m * hidden;
  const g = room.shared("gate", n);
  const u = room.shared("up", n);
  const inner = room.sharedRows("inner", h.m, hidden);
  project(pool, h, matrix(`${prefix}${gate}.weight`), g);
  project(pool, h, matrix(`${prefix}${up}.weight`), u);
  pool.run(kernel.swiglu, Math.ceil(n / 16_384), [g, u, inner.at, n]);
  if (weight !== 1) pool.run(kernel.unary, Math.ceil(n / 16_384), [0, inner.at, inner.at, n, pool.float(weight), 0]);
  inner.quantised = false;
  project(pool, inner, matrix(`${prefix}${down}.weight`), x, true);
}

/** Each row goes to its experts; see models/moe.ts. */
function routed(plan: Plan, room: Room, prefix: string, h: Rows, x: number): void {
  const { pool, config, matrix } = plan;
  const { count, top } = config.experts!;
  const router = room.shared("router", h.m * count);
  project(pool, h, matrix(`${prefix}gate.weight`), router);
  const one = room.sharedRows("one", 1, config.width);
  for (let r = 0; r < h.m; r++) {
    const logits = Array.from(pool.heap.f32.subarray(router / 4 + r * count, router / 4 + (r + 1) * count));
    const chosen = logits
      .map((_, e) => e)
      .sort((a, b) => logits[b]! - logits[a]! || a - b)
      .slice(0, top);
    const powers = chosen.map((e) => Math.exp(logits[e]! - logits[chosen[0]!]!));
    const sum = powers.reduce((a, b) => a + b, 0);
    move(pool, h.at + r * config.width * 4, one.at, config.width);
    one.quantised = false;
    chosen.forEach((e, i) => {
      feedForward(plan, room, `${prefix}experts.${e}.`, ["w1", "w3", "w2"], one, x + r * config.width * 4, powers[i]! / sum);
    });
  }
}

function normalise({ pool, config, matrix }: Plan, name: string, x: number, h: Rows): void {
  const per = Math.max(1, Math.ceil(h.m / pool.threads));
  // the deviations land where quantised activations will; nobody reads them
  pool.run(kernel.norm, Math.ceil(h.m / per), [
    x,
    matrix(name).at,
    0,
    h.at,
    0,
    h.s,
    h.m,
    config.width,
    pool.float(config.normEps),
    0,
    per,
  ]);
  h.quantised = false;
}
/** Copies `count` floats. */
function move(pool: Pool, from: number, to: number, count: number): void {
  pool.run(kernel.copy, 1, [from, to, 1, 1, 1, 1, 1, 1, 1, count, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0]);
}
/** One row of the embedding, read out of its quantised form where it has one. */
function embed({ heap }: Pool, m: Matrix, token: number, to: number): void {
  const k = m.columns;
  const out = heap.f32;
  if (m.bits === 32) {
    out.copyWithin(to / 4, m.at / 4 + token * k, m.at / 4 + (token + 1) * k);
    return;
  }
  const bytes = new Uint8Array(heap.memory.buffer);
  for (let g = 0; g < k / 32; g++) {
    const scale = out[m.scales / 4 + (token * k) / 32 + g]!;
    for (let i = 0; i < 32; i++) {
      const value =
        m.bits === 8
          ? (bytes[m.at + token * k + g * 32 + i]! << 24) >> 24
          : ((bytes[m.at + (token * k) / 2 + g * 16 + (i % 16)]! >> (i < 16 ? 0 : 4)) & 15) - 8;
      out[to / 4 + g * 32 + i] = value * scale;
    }
  }
}

/** Working memory of one pass. */
class Room {
  readonly #pool: Pool;
  readonly #blocks: [number, number][] = [];
  readonly #shared = new Map<string, number | Rows>();
  constructor(pool: Pool) {
    this.#pool = pool;
  }
  floats(count: number): number {
    const at = this.#pool.heap.allocate(count * 4);
    this.#blocks.push([at, count * 4]);
    return at;
  }
  rows(m: number, k: number): Rows {
    // the scales' room is at least a float a row: normalise writes its deviations there
    return {
      at: this.floats(m * k),
      m,
      k,
      quantised: false,
      q: this.floats((m * k) / 2),
      s: this.floats(m * Math.max(1, Math.ceil(k / 32))),
    };
  }
  /** The same block at each call with this name. */
  shared(name: string, count: number): number {
    const found = this.#shared.get(name) ?? this.floats(count);
    this.#shared.set(name, found);
    return found as number;
  }
  sharedRows(name: string, m: number, k: number): Rows {
    const found = this.#shared.get(name) ?? this.rows(m, k);
    this.#shared.set(name, found);
    return found as Rows;
  }
  free(): void {
    for (const [at, bytes] of this.#blocks) this.#pool.heap.release(at, bytes);
  }
}
