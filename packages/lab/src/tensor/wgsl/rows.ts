import { lowest, once, type Params, type Program, program } from "./program.ts";

/** Threads that share a row: few for short rows, so that no thread has nothing to do. */
export type Lanes = 1 | 8 | 256;
export const lanesOf = (width: number): Lanes => (width < 64 ? 1 : width < 1024 ? 8 : 256);

/** `total` and `highest` over the threads of a row; all of a group's threads call them together. */
function joins(lanes: Lanes): string {
  const fold = (name: string, join: string): string => `fn ${name}(value: f32, l: u32) -> f32 {
${
  lanes === 1
    ? "  return value;"
    : `  partial[l] = value;
  for (var s = ${lanes / 2}u; s > 0u; s >>= 1u) {
    workgroupBarrier();
    if (l % ${lanes}u < s) { partial[l] = ${join}; }
  }
  workgroupBarrier();
  let whole = partial[l - l % ${lanes}u];
  workgroupBarrier();
  return whole;`
}
}`;
  return `${lanes === 1 ? "" : "var<workgroup> partial: array<f32, 256>;"}
${fold("total", "partial[l] + partial[l + s]")}
${fold("highest", "max(partial[l], partial[l + s])")}`;
}

interface RowsText {
  readonly params?: Params;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly body: string;
}
/**
 * A program for rows of `p.width`: `row`, `start` (of the row), `first` (whether this thread writes what belongs to the whole row), and `EACH`
 * as the head of a loop over the thread's own elements `c`. Beyond the last row there are no elements.
 */
function rows(name: string, lanes: Lanes, { params = {}, reads, writes, body }: RowsText): Program {
  return program(`${name}-${lanes}`, {
    params: { rows: "u32", width: "u32", ...params },
    reads,
    writes,
    before: joins(lanes),
    body: `  let row = (w.y * g.x + w.x) * ${256 / lanes}u + l / ${lanes}u;
  let width = select(0u, p.width, row < p.rows);
  let start = row * p.width;
  let first = l % ${lanes}u == 0u && row < p.rows;
${body.replaceAll("EACH", `for (var c = l % ${lanes}u; c < width; c += ${lanes}u)`)}`,
  });
}

export const softmax = once((lanes: Lanes) =>
  rows("softmax", lanes, {
    reads: ["x"],
    writes: ["y"],
    body: `  var top = ${lowest};
  EACH { top = max(top, x[start + c]); }
  top = highest(top, l);
  var sum = 0.0;
  EACH { sum += exp(x[start + c] - top); }
  sum = total(sum, l);
  EACH { y[start + c] = exp(x[start + c] - top) / sum; }`,
  }),
);
/** dx = y·(dy − Σ y·dy). */
export const softmaxBack = once((lanes: Lanes) =>
  rows("softmax-back", lanes, {
    reads: ["y", "dy"],
    writes: ["dx"],
    body: `  var dot = 0.0;
  EACH { dot += y[start + c] * dy[start + c]; }
  dot = total(dot, l);
  EACH { dx[start + c] = y[start + c] * (dy[start + c] - dot); }`,
  }),
);

/** loss = ln Σ eˣ − x[id], kept = ln Σ eˣ; an id below 0 costs nothing. */
export const crossEntropy = once((lanes: Lanes) =>
  rows("cross-entropy", lanes, {
    reads: ["x", "ids:i32"],
    writes: ["loss", "kept"],
    body: `  var top = ${lowest};
  EACH { top = max(top, x[start + c]); }
  top = highest(top, l);
  var sum = 0.0;
  EACH { sum += exp(x[start + c] - top); }
  sum = total(sum, l);
  if (first) {
    let whole = top + log(sum);
    let id = ids[row];
    kept[row] = whole;
    loss[row] = 0.0;
    if (id >= 0) { loss[row] = whole - x[start + u32(id)]; }
  }`,
  }),
);
export const crossEntropyBack = once((lanes: Lanes) =>
  rows("cross-entropy-back", lanes, {
    reads: ["x", "ids:i32", "kept", "dloss"],
    writes: ["dx"],
    body: `  if (row >= p.rows) { return; }
  let id = ids[row];
  let by = select(0.0, dloss[row], id >= 0);
  EACH { dx[start + c] = by * (exp(x[start + c] - kept[row]) - select(0.0, 1.0, i32(c) == id)); }`,
  }),
);

/** RMSNorm, or LayerNorm where `centred` is 1; kept: the means, then 1/deviations. */
export const norm = once((lanes: Lanes) =>
  rows("norm", lanes, {
    params: { epsilon: "f32", centred: "u32" },
    reads: ["x", "weight", "bias"],
    writes: ["y", "kept"],
    body: `  var mean = 0.0;
  if (p.centred == 1u) {
    EACH { mean += x[start + c]; }
    mean = total(mean, l) / f32(p.width);
  }
  var square = 0.0;
  EACH { let d = x[start + c] - mean; square += d * d; }
  let scale = 1.0 / sqrt(total(square, l) / f32(p.width) + p.epsilon);
  EACH {
    var t = (x[start + c] - mean) * scale * weight[c];
    if (p.centred == 1u) { t += bias[c]; }
    y[start + c] = t;
  }
  if (first) {
    kept[row] = mean;
    kept[p.rows + row] = scale;
  }`,
  }),
);
export const normBack = once((lanes: Lanes) =>
  rows("norm-back", lanes, {
    params: { centred: "u32" },
    reads: ["x", "weight", "dy", "kept"],
    writes: ["dx"],
    body: `  let safe = min(row, p.rows - 1u);
  let mean = kept[safe];
  let scale = kept[p.rows + safe];
  var sum = 0.0;
  var dot = 0.0;
  EACH {
    let d = dy[start + c] * weight[c];
    sum += d;
    dot += d * (x[start + c] - mean) * scale;
  }
  sum = select(0.0, total(sum, l) / f32(p.width), p.centred == 1u);
  dot = total(dot, l) / f32(p.width);
  EACH {
    let h = (x[start + c] - mean) * scale;
    dx[start + c] = scale * (dy[start + c] * weight[c] - sum - h * dot);
  }`,
  }),
);
/** dw[c] = Σ over rows of (x − mean)·scale·dy; 16 columns a group, 16 threads each. */
export const normWeight = program("norm-weight", {
  params: { rows: "u32", width: "u32" },
  reads: ["x", "dy", "kept"],
  writes: ["dw"],
  before: "var<workgroup> partial: array<f32, 256>;",
  body: `  let c = w.x * 16u + l % 16u;
  let lane = l / 16u;
  var sum = 0.0;
  if (c < p.width) {
    for (var r = lane; r < p.rows; r += 16u) {
      sum += (x[r * p.width + c] - kept[r]) * kept[p.rows + r] * dy[r * p.width + c];
    }
  }
  partial[l] = sum;
  for (var s = 8u; s > 0u; s >>= 1u) {
    workgroupBarrier();
    if (lane < s) { partial[l] += partial[l + s * 16u]; }
  }
  if (lane == 0u && c < p.width) { dw[c] = partial[l]; }`,
});
