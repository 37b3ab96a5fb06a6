import { each, once, program } from "./program.ts";

/** Rows and columns that a group of 8×8 threads makes. */
export const tile = 32;

/**
 * C = op(A)·op(B), 4×4 numbers a thread, which stay in registers while four of k at a time pass. Neighbouring threads read the same rows and columns, so
 * caches serve most of it: there is no memory of the group to fill, and nobody waits. With `vectors` the matrices are read in fours, which needs
 * k, the length of rows and the strides to be multiples of 4.
 */
export const matmul = once((transA: boolean, transB: boolean, vectors: boolean) => {
  const type = vectors ? "vec4f" : "f32";
  /** Four vectors: of four of k for each row where the matrix lies along k, else of four rows for each k. Rows beyond the last are not written, so any will do. */
  const load = (matrix: string, along: boolean, height: string, first: string): string =>
    each(4, (i) => {
      const element = (j: number): string => {
        const [row, column] = along
          ? [`min(${first} + ${i}u, p.${height} - 1u)`, `k + ${j}u`]
          : [`${first} + ${j}u`, `k + ${i}u`];
        const at = along ? `${row} * p.k + ${column}` : `(${column}) * p.${height} + ${row}`;
        return vectors ? `${matrix}[(${matrix}0 + ${at}) / 4u]` : `select(0.0, ${matrix}[${matrix}0 + ${at}], ${column} < p.k)`;
      };
      return `    let ${matrix}_${i} = ${vectors ? element(0) : `vec4f(${each(4, element, ", ")})`};`;
    });
  const a = (i: number, k: number): string => (transA ? `a_${k}[${i}]` : `a_${i}[${k}]`);
  const b = (k: number): string => (transB ? `vec4f(${each(4, (j) => `b_${j}[${k}]`, ", ")})` : `b_${k}`);
  return program(
    `matmul${transA ? "-ta" : ""}${transB ? "-tb" : ""}${vectors ? "-4" : ""}`,
    {
      params: { m: "u32", n: "u32", k: "u32", strideA: "u32", strideB: "u32" },
      reads: [`a:${type}`, `b:${type}`],
      writes: ["c"],
      body: `  let row = w.y * ${tile}u + l / 8u * 4u;
  let column = w.x * ${tile}u + l % 8u * 4u;
  if (row >= p.m || column >= p.n) { return; }
  let a0 = w.z * p.strideA;
  let b0 = w.z * p.strideB;
${each(4, (i) => `  var c${i} = vec4f();`)}
  for (var k = 0u; k < p.k; k += 4u) {
${load("a", !transA, "m", "row")}
${load("b", transB, "n", "column")}
${each(4, (k) => `    let k${k} = ${b(k)};`)}
${each(4, (i) => `    c${i} += ${each(4, (k) => `${a(i, k)} * k${k}`, " + ")};`)}
  }
  let start = w.z * p.m * p.n + row * p.n + column;
${each(4, (i) =>
  each(4, (j) => `  if (row + ${i}u < p.m && column + ${j}u < p.n) { c[start + ${i}u * p.n + ${j}u] = c${i}[${j}]; }`),
)}`,
    },
    64,
  );
});
