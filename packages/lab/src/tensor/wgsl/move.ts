import { map, type Params } from "./program.ts";

const six = [0, 1, 2, 3, 4, 5];
const view: Params = Object.fromEntries([...six.map((d) => `d${d}`), ...six.map((d) => `s${d}`)].map((name) => [name, "u32"]));
/** `at`: where element i of the strided view lies. */
const place = `  var rest = i;
  var at = p.offset;
${[...six]
  .reverse()
  .map((d) => `  at += rest % p.d${d} * p.s${d}; rest /= p.d${d};`)
  .join("\n")}`;

/** Gathers a strided view. */
export const copy = map("copy", {
  params: { offset: "u32", ...view },
  reads: ["x"],
  writes: ["y"],
  body: `${place}\n  y[i] = x[at];`,
});
/** Writes x at a strided view whose places all differ. */
export const paste = map("paste", {
  params: { offset: "u32", ...view },
  reads: ["x"],
  writes: ["y"],
  body: `${place}\n  y[at] = x[i];`,
});

/** y[r] = table[ids[r]]; zeros where the id is below 0. */
export const gather = map("gather", {
  params: { width: "u32" },
  reads: ["table", "ids:i32"],
  writes: ["y"],
  body: `  let id = ids[i / p.width];
  y[i] = 0.0;
  if (id >= 0) { y[i] = table[u32(id) * p.width + i % p.width]; }`,
});
/**
 * Rows of one id as a list: link[r] is 1 + the next row with r's id (0: none), with the highest bit set where r is the first of them.
 * So a row of the table is summed by one thread, in order: WebGPU has no atomic floats, and their order would be that of chance.
 */
export const links = map("links", {
  params: {},
  reads: ["ids:i32"],
  writes: ["link:u32"],
  body: `  let id = ids[i];
  var found = 0u;
  if (id >= 0) {
    var before = i;
    while (before > 0u && ids[before - 1u] != id) { before--; }
    var after = i + 1u;
    while (after < p.n && ids[after] != id) { after++; }
    found = select(after + 1u, 0u, after == p.n) | select(0u, 0x80000000u, before == 0u);
  }
  link[i] = found;`,
});
/** y[ids[r]] = Σ x[r] over the rows of each id, from the lists of `links`; y is zero before. */
export const scatterAdd = map("scatter-add", {
  params: { width: "u32" },
  reads: ["x", "ids:i32", "link:u32"],
  writes: ["y"],
  body: `  var r = i / p.width;
  let c = i % p.width;
  if ((link[r] & 0x80000000u) == 0u) { return; }
  let at = u32(ids[r]) * p.width + c;
  var sum = x[i];
  for (var next = link[r] & 0x7fffffffu; next != 0u; next = link[r] & 0x7fffffffu) {
    r = next - 1u;
    sum += x[r * p.width + c];
  }
  y[at] = sum;`,
});

const picture: Params = Object.fromEntries(
  ["H", "W", "C", "kh", "kw", "stride", "pad", "OH", "OW"].map((name) => [name, "i32"]),
);
/** y[b, oy, ox, ky, kx, c] = x[b, oy·stride + ky − pad, …, c], zeros outside. */
export const unfold = map("unfold", {
  params: picture,
  reads: ["x"],
  writes: ["y"],
  body: `  var rest = i32(i);
  let c = rest % p.C; rest /= p.C;
  let kx = rest % p.kw; rest /= p.kw;
  let ky = rest % p.kh; rest /= p.kh;
  let ox = rest % p.OW; rest /= p.OW;
  let oy = rest % p.OH;
  let b = rest / p.OH;
  let iy = oy * p.stride + ky - p.pad;
  let ix = ox * p.stride + kx - p.pad;
  y[i] = 0.0;
  if (iy >= 0 && iy < p.H && ix >= 0 && ix < p.W) { y[i] = x[((b * p.H + iy) * p.W + ix) * p.C + c]; }`,
});
/** The adjoint: each place of the picture sums the patches that saw it. */
export const fold = map("fold", {
  params: picture,
  reads: ["x"],
  writes: ["y"],
  body: `  var rest = i32(i);
  let c = rest % p.C; rest /= p.C;
  let ix = rest % p.W; rest /= p.W;
  let iy = rest % p.H;
  let b = rest / p.H;
  var sum = 0.0;
  for (var ky = 0; ky < p.kh; ky++) {
    let top = iy + p.pad - ky;
    if (top < 0 || top % p.stride != 0 || top / p.stride >= p.OH) { continue; }
    for (var kx = 0; kx < p.kw; kx++) {
      let left = ix + p.pad - kx;
      if (left < 0 || left % p.stride != 0 || left / p.stride >= p.OW) { continue; }
      sum += x[((((b * p.OH + top / p.stride) * p.OW + left / p.stride) * p.kh + ky) * p.kw + kx) * p.C + c];
    }
  }
  y[i] = sum;`,
});
