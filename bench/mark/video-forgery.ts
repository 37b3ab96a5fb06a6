/** Marks carried from film to film: whether they are believed. */
import type { Raster } from "@inkseal/codec";
import { detectVideo } from "@inkseal/mark";
import type { Row } from "../run.ts";
import { same } from "./keys.ts";
import { open, rasterOf } from "./pictures.ts";

/** Frames of a film before and after it was marked, in pairs. */
export interface Lent {
  readonly name: string;
  readonly key: Uint8Array;
  readonly payload: Uint8Array;
  readonly plain: readonly Raster[];
  readonly marked: readonly Raster[];
}

type Residual = (frame: number, i: number) => number;

/** What somebody takes off a marked film: who has the film before, frame by frame or the mean; who has the marked one alone, what a blur takes away. */
const lifts: Readonly<Record<string, (film: Lent) => Promise<Residual>>> = {
  each: async ({ plain, marked }) => {
    return (frame, i) => {
      const n = frame % marked.length;
      return (marked[n] as Raster).data[i]! - (plain[n] as Raster).data[i]!;
    };
  },
  mean: async ({ plain, marked }) => meanOf(marked, plain, 1),
  estimated: async ({ marked }) => {
    const blurred = await Promise.all(marked.map((frame) => rasterOf(open(frame).blur(1.5))));
    return meanOf(marked, blurred, 1.5);
  },
};

function meanOf(marked: readonly Raster[], plain: readonly Raster[], by: number): Residual {
  const mean = new Float32Array((marked[0] as Raster).data.length);
  for (const [n, { data }] of marked.entries())
    for (let i = 0; i < mean.length; i++) mean[i]! += (by * (data[i]! - (plain[n] as Raster).data[i]!)) / marked.length;
  return (_, i) => mean[i]!;
}

/** Each film's mark laid, in each way, over the `others` films that follow it, without another coding in between. */
export async function forgery(films: readonly Lent[], others: number): Promise<Row> {
  let forged = 0;
  let read = 0;
  const passed: string[] = [];
  for (const [at, film] of films.entries())
    for (const [way, lift] of Object.entries(lifts)) {
      const residual = await lift(film);
      for (let step = 1; step <= others && step < films.length; step++) {
        const victim = films[(at + step) % films.length] as Lent;
        const { width, height } = film.plain[0] as Raster;
        const frames = victim.plain.map((frame, n) => ({ ...frame, data: frame.data.map((x, i) => x + residual(n, i)) }));
        if ((frames[0] as Raster).width !== width || (frames[0] as Raster).height !== height)
          throw new Error(`${film.name} and ${victim.name} have other sizes`);
        const found = detectVideo(frames, film.key);
        forged++;
        if (same(found?.payload, film.payload)) read++;
        if (found?.belongs) passed.push(`${film.name} on ${victim.name}, ${way}`);
      }
    }
  return {
    name: "video_forgery_rejected",
    value: 1 - passed.length / forged,
    unit: "",
    bound: ">=0.99",
    note: `${forged} marks laid over another film (frame by frame, their mean, and their mean as told from the marked film alone), ${read} of them read, ${passed.length} believed${passed.length > 0 ? `: ${passed.join("; ")}` : ""}`,
  };
}
