import { lowest, once, program } from "./program.ts";

const of = {
  sum: { start: "0.0", value: "x", join: "u + v" },
  squares: { start: "0.0", value: "x * x", join: "u + v" },
  max: { start: lowest, value: "x", join: "max(u, v)" },
} as const;

/**
 * x [outer, count, inner] → y [outer, parts, inner], each over a part of `chunk` of the count. A group has `columns` results, 256 / columns threads
 * share each; the order of the sums depends on shapes alone. A long sum takes two such passes.
 */
export const reduce = once((op: keyof typeof of, columns: 1 | 16 | 256) => {
  const lanes = 256 / columns;
  const { start, value, join } = of[op];
  return program(`reduce-${op}-${columns}`, {
    params: { n: "u32", count: "u32", inner: "u32", parts: "u32", chunk: "u32" },
    reads: ["source"],
    writes: ["y"],
    before: `var<workgroup> partial: array<f32, 256>;\nfn join(u: f32, v: f32) -> f32 { return ${join}; }`,
    body: `  let column = (w.y * g.x + w.x) * ${columns}u + l % ${columns}u;
  let lane = l / ${columns}u;
  let part = column / p.inner % p.parts;
  let start = column / p.inner / p.parts * p.count * p.inner + column % p.inner;
  let end = select(0u, min(p.count, (part + 1u) * p.chunk), column < p.n);
  var sum: f32 = ${start};
  for (var r = part * p.chunk + lane; r < end; r += ${lanes}u) {
    let x = source[start + r * p.inner];
    sum = join(sum, ${value});
  }
${
  lanes === 1
    ? ""
    : `  partial[l] = sum;
  for (var s = ${lanes / 2}u; s > 0u; s >>= 1u) {
    workgroupBarrier();
    if (lane < s) { partial[l] = join(partial[l], partial[l + s * ${columns}u]); }
  }
  sum = partial[l];
`
}  if (lane == 0u && column < p.n) { y[column] = sum; }`,
  });
});
