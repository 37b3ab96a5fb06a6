import { size, Tensor } from "./tensor.ts";

/** Views and rearrangements. Negative axes count from the end, as in NumPy. */

export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  const known = shape.reduce((p, d) => (d === -1 ? p : p * d), 1);
  const full = shape.map((d) => (d === -1 ? x.size / known : d));
  if (size(full) !== x.size) throw new RangeError(`[${x.shape}] cannot be seen as [${shape}]`);
  return Tensor.view(x, full, { name: "reshape", inputs: [x], back: (g) => [reshape(g, x.shape)] });
}
/** The same tensor under a handle of its own (gradients are handed on so). */
export function same(x: Tensor): Tensor {
  return Tensor.view(x, x.shape, { name: "same", inputs: [x], back: (g) => [same(g)] });
}

export function contiguous(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  for (let i = shape.length - 1, step = 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i]!;
  }
  return strides;
}
/** Dims and strides with ones and zeros before them, `length` in all. */
export function padded(dims: readonly number[], strides: readonly number[], length: number): [number[], number[]] {
  const missing = length - dims.length;
  if (missing < 0) throw new RangeError(`a tensor of ${dims.length} axes has no copy here; at most ${length}`);
  return [
    [...new Array<number>(missing).fill(1), ...dims],
    [...new Array<number>(missing).fill(0), ...strides],
  ];
}
function strided(
  x: Tensor,
  shape: readonly number[],
  strides: readonly number[],
  offset = 0,
): ReturnType<Tensor["backend"]["copy"]> {
  const [d, s] = padded(shape, strides, 6);
  return x.backend.copy(x.block, offset, d, s);
}
export function axisOf(axis: number, rank: number): number {
  const a = axis < 0 ? axis + rank : axis;
  if (a < 0 || a >= rank) throw new RangeError(`axis ${axis} of a tensor of ${rank} axes`);
  return a;
}

/** Axes in a new order: result axis i is axis order[i] of x. */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  const strides = contiguous(x.shape);
  const shape = order.map((a) => x.shape[a]!);
  const inverse = order.map((_, i) => order.indexOf(i));
  return Tensor.make(
    x.backend,
    strided(
      x,
      shape,
      order.map((a) => strides[a]!),
    ),
    shape,
    {
      name: "permute",
      inputs: [x],
      back: (g) => [permute(g, inverse)],
    },
  );
}
export function transpose(x: Tensor): Tensor {
  const order = x.shape.map((_, i) => i);
  const n = order.length;
  [order[n - 1], order[n - 2]] = [order[n - 2]!, order[n - 1]!];
  return permute(x, order);
}

/** Repeats axes of length 1 (and leads with new ones) up to `shape`. */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  const own = contiguous(x.shape);
  const missing = shape.length - x.rank;
  const strides = shape.map((d, i) => {
    const j = i - missing;
    if (j < 0 || (x.shape[j] === 1 && d !== 1)) return 0;
    if (x.shape[j] !== d) throw new RangeError(`[${x.shape}] cannot be broadcast to [${shape}]`);
    return own[j]!;
  });
  return Tensor.make(x.backend, strided(x, shape, strides), shape, {
    name: "broadcast",
    inputs: [x],
    back: (g) => [sumTo(g, x.shape)],
  });
}
/** Sums what was broadcast: the adjoint of `broadcastTo`. */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  if (x.rank === shape.length && x.shape.every((d, i) => d === shape[i])) return same(x);
  const missing = x.rank - shape.length;
  const axes = x.shape.flatMap((d, i) => (i < missing || (shape[i - missing] === 1 && d !== 1) ? [i] : []));
  return reshape(sum(x, axes), shape);
}

/** Sum over axes (all by default), which vanish unless `keep`. Neighbouring axes are summed in one pass. */
export function sum(x: Tensor, axes?: readonly number[], keep = false): Tensor {
  const over = [...new Set((axes ?? x.shape.map((_, i) => i)).map((a) => axisOf(a, x.rank)))].sort((a, b) => a - b);
  const shape = x.shape.flatMap((d, i) => (over.includes(i) ? (keep ? [1] : []) : [d]));
  let at: Tensor = x;
  while (over.length > 0) {
    const last = over.pop()!;
    let first = last;
    while (over.at(-1) === first - 1) first = over.pop()!;
    const before: Tensor = at;
    const outer = size(before.shape.slice(0, first));
    const inner = size(before.shape.slice(last + 1));
    const block = x.backend.reduce("sum", before.block, outer, before.size / outer / inner, inner);
    const left = before.shape.map((d, i) => (i >= first && i <= last ? 1 : d));
    at = Tensor.make(x.backend, block, left, { name: "sum", inputs: [before], back: (g) => [broadcastTo(g, before.shape)] });
  }
  return reshape(at, shape);
}

/** x[…, from:to, …] along one axis. */
export function slice(x: Tensor, axis: number, from: number, to: number): Tensor {
  const a = axisOf(axis, x.rank);
  const length = x.shape[a]!;
  if (from < 0 || to > length || from > to) throw new RangeError(`slice ${from}:${to} of an axis of ${length}`);
  const strides = contiguous(x.shape);
  const shape = x.shape.map((d, i) => (i === a ? to - from : d));
  return Tensor.make(x.backend, strided(x, shape, strides, from * strides[a]!), shape, {
    name: "slice",
    inputs: [x],
    back: (g) => [pad(g, a, from, length - to)],
  });
}
/** Zeros before and after along one axis: the adjoint of `slice`. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  const a = axisOf(axis, x.rank);
  const shape = x.shape.map((d, i) => (i === a ? before + d + after : d));
  const strides = contiguous(shape);
  const [d, s] = padded(x.shape, strides, 6);
  return Tensor.make(x.backend, x.backend.paste(x.block, size(shape), before * strides[a]!, d, s), shape, {
    name: "pad",
    inputs: [x],
    back: (g) => [slice(g, a, before, before + x.shape[a]!)],
  });
}
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const [first] = parts;
  if (first === undefined) throw new RangeError("nothing to concatenate");
  const a = axisOf(axis, first.rank);
  const total = parts.reduce((n, p) => n + p.shape[a]!, 0);
  // each part is moved by a strided copy over rows: outer × (its part of the axis · inner)
  const shape = first.shape.map((d, i) => (i === a ? total : d));
  const { backend } = first;
  let at = 0;
  let whole: Tensor | undefined;
  for (const part of parts) {
    const placed = pad(part, a, at, total - at - part.shape[a]!);
    at += part.shape[a]!;
    if (whole === undefined) whole = placed;
    else {
      const before: Tensor = whole;
      const block = backend.binary(
        "add",
        before.block,
        placed.block,
        [1, 1, 1, 1, before.size],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 0, 1],
      );
      whole = Tensor.make(backend, block, shape, { name: "join", inputs: [before, placed], back: (g) => [same(g), same(g)] });
    }
  }
  return whole!;
}
