import { absolute, difference, meanProduct, peaked, residual, type Square, sumOf } from "./residual.ts";

const lags = [
  [1, 0],
  [2, 0],
  [3, 0],
  [4, 0],
  [8, 0],
  [1, 1],
  [2, 1],
  [2, 2],
] as const;

export const textureNames: readonly string[] = [
  "level",
  "second to first",
  "residual to second",
  "peaked first",
  "peaked second",
  "peaked residual",
  ...lags.map(([x, y]) => `lag ${x} ${y}`),
  ...lags.map(([x, y]) => `lag of sizes ${x} ${y}`),
];

/** What the finest detail of a square is like: energies of differences (ln of ratios), their tails, correlations of the residual and of its size. */
export function textureOf(luma: Square): number[] {
  const square = (s: Square): number => meanProduct(s, s);
  const [acrossFirst, downFirst] = [difference(luma, false, false), difference(luma, true, false)];
  const [acrossSecond, downSecond] = [difference(luma, false, true), difference(luma, true, true)];
  const fine = residual(luma);
  const [f1, f2] = [square(acrossFirst), square(downFirst)];
  const [s1, s2] = [square(acrossSecond), square(downSecond)];
  const [first, second] = [(f1 + f2) / 2, (s1 + s2) / 2];
  const energy = square(fine);
  const ln = (a: number, b: number): number => Math.log((a + 0.01) / (b + 0.01));
  const sizes = absolute(fine);
  const mean = sumOf(sizes.data) / (luma.size - 2) ** 2;
  const spread = energy - mean * mean + 1e-3;
  return [
    Math.log(energy + 0.01),
    ln(second, first),
    ln(energy, second),
    (peaked(acrossFirst, f1) + peaked(downFirst, f2)) / 2,
    (peaked(acrossSecond, s1) + peaked(downSecond, s2)) / 2,
    peaked(fine, energy),
    ...lags.map(([x, y]) => both(fine, fine, x, y) / (energy + 1e-3)),
    ...lags.map(([x, y]) => (both(sizes, sizes, x, y) - mean * mean) / spread),
  ];
}

/** Mean over the ways in which a picture can be laid down. */
function both(a: Square, b: Square, x: number, y: number): number {
  if (y === 0) return (meanProduct(a, b, x, 0) + meanProduct(a, b, 0, x)) / 2;
  const one = (meanProduct(a, b, x, y) + meanProduct(a, b, x, -y)) / 2;
  return x === y ? one : (one + (meanProduct(a, b, y, x) + meanProduct(a, b, y, -x)) / 2) / 2;
}
