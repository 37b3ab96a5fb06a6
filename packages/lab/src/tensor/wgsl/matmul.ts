import { each, once, program } from "./program.ts";

/**
 * C = op(A)·op(B): a group of 16×16 threads makes a tile of 16·size rows and columns, size×size numbers a thread in registers. Panels of 16 of k
 * pass through the group's own memory, so that a number of A or B is read once for a whole tile.
 */
export const matmul = once((transA: boolean, transB: boolean, size: 2 | 4) => {
  const tile = 16 * size;
  const vector = `vec${size}f`;
  // A thread loads `size` rows of one column of k; neighbouring threads load neighbouring numbers, however the matrix lies.
  // Rows beyond the last are whatever is there: nothing of them is written. Beyond k both are zero.
  const load = (to: string, matrix: string, along: boolean, height: string, corner: string): string => {
    const [e, r] = along ? ["l % 16u", "l / 16u"] : ["l / 16u", "l % 16u"];
    const at = (i: number): string => (along ? `(row + ${i}u) * p.k + column` : `column * p.${height} + row + ${i}u`);
    return `    {
      let row = ${corner} + ${r} * ${size}u;
      let column = k0 + ${e};
      let loaded = ${vector}(${each(size, (i) => `${matrix}[${matrix}0 + ${at(i)}]`, ", ")});
      ${to}[${e} * 16u + ${r}] = select(${vector}(), loaded, column < p.k);
    }`;
  };
  return program(`matmul${transA ? "-ta" : ""}${transB ? "-tb" : ""}-${tile}`, {
    params: { m: "u32", n: "u32", k: "u32", strideA: "u32", strideB: "u32" },
    reads: ["a", "b"],
    writes: ["c"],
    before: `var<workgroup> pa: array<${vector}, 256>;\nvar<workgroup> pb: array<${vector}, 256>;`,
    body: `  let i0 = w.y * ${tile}u;
  let j0 = w.x * ${tile}u;
  let ty = l / 16u;
  let tx = l % 16u;
  let a0 = w.z * p.strideA;
  let b0 = w.z * p.strideB;
${each(size, (i) => `  var c${i} = ${vector}();`)}
  for (var k0 = 0u; k0 < p.k; k0 += 16u) {
${load("pa", "a", !transA, "m", "i0")}
${load("pb", "b", transB, "n", "j0")}
    workgroupBarrier();
    for (var e = 0u; e < 256u; e += 16u) {
      let x = pa[e + ty];
      let y = pb[e + tx];
${each(size, (i) => `      c${i} += x[${i}] * y;`)}
    }
    workgroupBarrier();
  }
  let row = i0 + ty * ${size}u;
  let column = j0 + tx * ${size}u;
  let start = w.z * p.m * p.n + row * p.n + column;
${each(size, (i) =>
  each(size, (j) => `  if (row + ${i}u < p.m && column + ${j}u < p.n) { c[start + ${i}u * p.n + ${j}u] = c${i}[${j}]; }`),
)}`,
  });
});
