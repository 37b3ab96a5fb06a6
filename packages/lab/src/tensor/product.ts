import { contiguous, reshape, same, sum } from "./shape.ts";
import { size, Tensor } from "./tensor.ts";

export interface Transposed {
  readonly transA?: boolean;
  readonly transB?: boolean;
}

/**
 * op(a)·op(b) over the last two axes, [..., m, k]·[..., k, n] → [..., m, n]. Leading axes must be equal, or b has two axes (one matrix for all;
 * then a's leading axes are rows of one product).
 */
export function matmul(a: Tensor, b: Tensor, { transA = false, transB = false }: Transposed = {}): Tensor {
  if (a.rank < 2 || b.rank < 2) throw new RangeError(`matmul of [${a.shape}] and [${b.shape}]: both need two axes`);
  const shared = b.rank === 2 && a.rank > 2;
  if (shared && transA) return matmul(a, expand(b, a.shape.slice(0, -2)), { transA, transB });
  const [ra, ca] = a.shape.slice(-2) as [number, number];
  const [rb, cb] = b.shape.slice(-2) as [number, number];
  const lead = a.shape.slice(0, -2);
  const m = transA ? ca : shared ? size(lead) * ra : ra;
  const k = transA ? ra : ca;
  const n = transB ? rb : cb;
  if (k !== (transB ? cb : rb) || (!shared && size(lead) !== size(b.shape.slice(0, -2))))
    throw new RangeError(`matmul of [${a.shape}]${transA ? "ᵀ" : ""} and [${b.shape}]${transB ? "ᵀ" : ""}: they do not fit`);
  const batch = shared ? 1 : size(lead);
  const block = a.backend.matmul(a.block, b.block, { m, n, k, transA, transB, batch, strideA: m * k, strideB: k * n });
  return Tensor.make(a.backend, block, [...lead, transA ? ca : ra, n], {
    name: "matmul",
    inputs: [a, b],
    back: (g) => {
      const rows = (t: Tensor): Tensor => (shared ? reshape(t, [-1, t.shape.at(-1)!]) : t);
      // C = A·B: dA = G·Bᵀ, dB = Aᵀ·G, and by transposition for the other three
      const da = !a.tracked
        ? undefined
        : transA
          ? matmul(b, g, { transA: transB, transB: true })
          : matmul(g, b, { transB: !transB });
      const db = !b.tracked
        ? undefined
        : transB
          ? matmul(rows(g), rows(a), { transA: true, transB: transA })
          : matmul(rows(a), rows(g), { transA: !transA });
      return [da, db];
    },
  });
}
function expand(b: Tensor, lead: readonly number[]): Tensor {
  const copies = size(lead);
  const shape = [...lead, ...b.shape];
  const strides = contiguous(b.shape);
  const block = b.backend.copy(b.block, 0, [1, 1, 1, copies, ...b.shape], [0, 0, 0, 0, ...strides]);
  return Tensor.make(b.backend, block, shape, {
    name: "expand",
    inputs: [b],
    back: (g) => [reshape(sum(reshape(g, [copies, b.size]), [0]), b.shape)],
  });
}

/** x·wᵀ (+ bias): w is [out, in], as Hugging Face keeps it. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const y = matmul(x, weight, { transB: true });
  return bias === undefined ? y : addRow(y, bias);
}
/** y + bias over the last axis. */
function addRow(y: Tensor, bias: Tensor): Tensor {
  const n = bias.size;
  const block = y.backend.binary("add", y.block, bias.block, [1, 1, 1, y.size / n, n], [0, 0, 0, n, 1], [0, 0, 0, 0, 1]);
  return Tensor.make(y.backend, block, y.shape, {
    name: "bias",
    inputs: [y, bias],
    back: (g) => [same(g), rowSum(g, n)],
  });
}
function rowSum(g: Tensor, n: number): Tensor {
  return Tensor.make(g.backend, g.backend.reduce("sum", g.block, 1, g.size / n, n), [n], {
    name: "rowSum",
    inputs: [g],
    back: (h) => [addRow(Tensor.full(g.backend, g.shape, 0), h)],
  });
}

/** Rows of a table by id: ids [..] → [.., width]. Ids below 0 give zeros. */
export function gather(table: Tensor, ids: Ids): Tensor {
  const width = table.shape[1]!;
  const rows = size(ids.shape);
  return Tensor.make(table.backend, table.backend.gather(table.block, ids.block, rows, width), [...ids.shape, width], {
    name: "gather",
    inputs: [table],
    back: (g) => [scatterAdd(g, ids, table.shape[0]!)],
  });
}
/** Adds row r of x to row ids[r] of `height` rows of zeros: the adjoint of `gather`. */
export function scatterAdd(x: Tensor, ids: Ids, height: number): Tensor {
  const width = x.shape.at(-1)!;
  return Tensor.make(x.backend, x.backend.scatterAdd(x.block, ids.block, size(ids.shape), width, height), [height, width], {
    name: "scatterAdd",
    inputs: [x],
    back: (g) => [reshape(gather(g, ids), x.shape)],
  });
}

/** Whole numbers on the backend: tokens, classes, places. Not tensors: no gradient flows to them. */
export class Ids {
  readonly shape: readonly number[];
  readonly #holder: Tensor;
  private constructor(holder: Tensor, shape: readonly number[]) {
    this.#holder = holder;
    this.shape = shape;
  }
  static from(backend: Tensor["backend"], ids: Int32Array | readonly number[], shape: readonly number[]): Ids {
    if (ids.length !== size(shape)) throw new RangeError(`${ids.length} ids do not fill [${shape}]`);
    return new Ids(Tensor.make(backend, backend.from(ids instanceof Int32Array ? ids : Int32Array.from(ids)), shape), shape);
  }
  get block(): Tensor["block"] {
    return this.#holder.block;
  }
  keep(): this {
    this.#holder.keep();
    return this;
  }
  free(): void {
    this.#holder.free();
  }
}
