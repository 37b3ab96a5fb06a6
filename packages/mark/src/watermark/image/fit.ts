import { bindingScore, contentSigns } from "./binding.ts";
import { code } from "./code.ts";
import { fold, lineAt, type Pair, type Pose, type Spectrum } from "./fold.ts";
import { informed, type Seen } from "./informed.ts";
import { type Layer, markOn } from "./paint.ts";
import { type Lines, type Pattern, patternOf, tiles } from "./pattern.ts";
import { opponent, type Plane, type Planes, product } from "./plane.ts";
import { scratch } from "./scratch.ts";
import { shrunkPlanes } from "./shrink.ts";
import { passingSignalOf } from "./signal.ts";
import { blended, evenlyBoth, type Shares, samplesOf, scoreOf, sharesOf, softBits } from "./spectrum.ts";
import { amplitudes, plain, targetsOf } from "./targets.ts";
import { type Drawn, drawTile } from "./tile.ts";

/** The mark as it is drawn: its middle on the picture's. */
export const upright: Pose = { a: tiles, b: 0, c: 0, d: tiles, tu: 0, tv: 0 };

/** Scores that the strength has to reach: of the picture as it is, of its luma alone (what harsh codecs leave), at a quarter of its size. */
const goals = { whole: 23, luma: 22, small: 13.8 };

/** How strong a mark may be: dB of peak signal to noise over red, green and blue, of the first try and between which it moves. */
export interface Limits {
  readonly first: number;
  readonly most: number;
  readonly least: number;
  /** Score with which luma alone should follow the content. */
  readonly bound: number;
}

/** What a mark is fitted to. */
interface Ground {
  /** The picture on the working grid. */
  readonly host: Planes;
  readonly amplitude: Plane;
  /** How a change is spread over red, green and blue. */
  readonly mix: Mix;
  readonly limits: Limits;
}

/** The mark for one picture: what is drawn, how strong, and the dB that it costs. */
export interface Fitted {
  /** The lines that say the message, and those that follow the content. */
  readonly layers: readonly [said: Layer, bound: Layer];
  readonly scale: number;
  /** How a change is spread over red, green and blue. */
  readonly mix: Mix;
  readonly psnr: number;
}

type Mix = readonly [red: number, green: number, blue: number];

/** Draws, sees what the picture makes of it, and draws again, twice; what the picture makes of the second drawing is foreseen, not looked at. */
export function fit({ host, amplitude, mix, limits }: Ground, key: Uint8Array, payload: Uint8Array): Fitted {
  const pattern = patternOf(key);
  const word = code.encode(payload, key);
  const cost = (mix[0] ** 2 + mix[1] ** 2 + mix[2] ** 2) / 3;
  const tint = mix[0] * opponent[0] + mix[1] * opponent[1] + mix[2] * opponent[2];
  const quarter = Math.sqrt(host.luma.width * host.luma.height) * 0.28;
  const views = [viewOf(host), viewOf(shrunkPlanes(host, quarter))] as const;

  const signs = contentSigns(host.luma, upright, key, payload);
  const followed = product(amplitude, signs);
  const targets = targetsOf(pattern, word, views[0].before.luma);
  let drawn = targets;
  let binding = amplitudes.binding;
  let goal = limits.first;
  const bound: Layer = { tile: drawTile([plain(pattern.binding, 1)]), amplitude: followed };
  const room = (n: number): Plane => ({ ...amplitude, data: scratch(n, amplitude.data.length) });
  const [boundMark, mark] = [room(2), room(3)];
  const marked: Planes = { luma: room(4), chroma: room(5) };
  mark.data.fill(0);
  markOn(boundMark.data, bound, mark, 0);
  const draw = (): Layer => {
    const said = { tile: drawTile(drawn), amplitude };
    markOn(mark.data, said, boundMark, binding);
    return said;
  };
  const scaleFor = (mark: Plane): number => Math.sqrt(65025 / 10 ** (goal / 10) / (cost * meanSquare(mark.data)));
  draw();
  const scale = scaleFor(mark);
  add(marked, host, mark, scale, scale * tint);
  let small = fold(passingSignalOf(shrunkPlanes(marked, quarter)), upright);
  const signal = passingSignalOf(marked);
  let whole = fold(signal, upright);
  const follows = { luma: product(signal.luma, signs, signal.luma.data), chroma: signal.chroma }; // luma alone is asked
  let held = bindingScore(follows, upright, pattern.binding, lumaAlone);
  for (let round = 0; round < 2; round++) {
    const seen = [seenBy(views[0], whole, pattern), seenBy(views[1], small, pattern)] as const;
    const score = (spectrum: Spectrum): number => Math.max(1, scoreOf(softBits(spectrum, pattern), word));
    const need = Math.max(
      goals.whole / score(seen[0].after),
      goals.luma / score(blended(whole, views[0].even, lumaAlone)),
      goals.small / score(seen[1].after),
    );
    const [said, sync, beacons] = targets;
    const next = {
      goal: Math.min(limits.most, Math.max(limits.least, goal - 20 * Math.log10(need))),
      binding: binding * Math.max(0.7, Math.min(1.4, limits.bound / Math.max(1, held))),
      drawn: [informed(said, drawn[0], seen, pattern), informed(sync, drawn[1], seen), beacons] as typeof drawn,
    };
    const stronger =
      10 ** ((goal - next.goal) / 20) *
      Math.sqrt(energyOf(drawn, pattern.binding, binding) / energyOf(next.drawn, pattern.binding, next.binding));
    whole = foreseen(views[0].before, whole, drawn, next.drawn, stronger);
    small = foreseen(views[1].before, small, drawn, next.drawn, stronger);
    held *= (stronger * next.binding) / binding;
    ({ goal, binding, drawn } = next);
  }
  const said = draw();
  const layers = [said, { ...bound, tile: bound.tile.map((x) => binding * x) }] as const;
  return { layers, scale: scaleFor(mark), mix, psnr: goal };
}

const lumaAlone: Shares = { luma: 1, chroma: 0 };

/** The picture at one size, and what evens its spectrum; the same before and after marking, so that the two can be compared. */
interface View {
  readonly before: Pair;
  readonly even: ReturnType<typeof evenlyBoth>;
}

function viewOf(planes: Planes): View {
  const before = fold(passingSignalOf(planes), upright);
  return { before, even: evenlyBoth(before, samplesOf(planes.luma.width, planes.luma.height)) };
}

function seenBy({ before, even }: View, after: Pair, { sync }: Pattern): Seen {
  const shares = sharesOf(after, even, sync);
  return { shares, before: blended(before, even, shares), after: blended(after, even, shares) };
}

/** Strength of the lines together. */
function energyOf(drawn: readonly Drawn[], binding: Lines, by: number): number {
  let sum = 0;
  for (const { re, im } of [...drawn, plain(binding, by)])
    for (let i = 0; i < re.length; i++) sum += (re[i] as number) ** 2 + (im[i] as number) ** 2;
  return sum;
}

/** What lines drawn otherwise, and all of them `stronger`, would look like: a spectrum follows its mark about linearly. */
function foreseen(before: Pair, after: Pair, was: readonly Drawn[], will: readonly Drawn[], stronger: number): Pair {
  const spectrum = (plane: "luma" | "chroma"): Spectrum => {
    const part = (part: "re" | "im"): Float32Array => {
      const [a, b] = [before[plane][part], after[plane][part]];
      const out = a.map((x, i) => x + stronger * ((b[i] as number) - x));
      for (const [n, { lines, ...from }] of was.entries())
        for (let i = 0; i < from[part].length; i++) {
          const at = lineAt(lines, i);
          const by = stronger * (((will[n] as Drawn)[part][i] as number) / (from[part][i] as number));
          out[at] = (a[at] as number) + by * ((b[at] as number) - (a[at] as number));
        }
      return out;
    };
    return { re: part("re"), im: part("im") };
  };
  return { luma: spectrum("luma"), chroma: spectrum("chroma") };
}

function meanSquare(data: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += (data[i] as number) ** 2;
  return sum / data.length;
}

/** `out = host + by·mark`, as far as pixels can hold it. */
function add(out: Planes, host: Planes, { data }: Plane, luma: number, chroma: number): void {
  const [toLuma, toChroma, fromLuma, fromChroma] = [out.luma.data, out.chroma.data, host.luma.data, host.chroma.data];
  for (let i = 0; i < data.length; i++) {
    const by = data[i] as number;
    const y = (fromLuma[i] as number) + luma * by;
    const c = (fromChroma[i] as number) + chroma * by;
    toLuma[i] = y < 0 ? 0 : y > 255 ? 255 : y;
    toChroma[i] = c < -255 ? -255 : c > 255 ? 255 : c;
  }
}
