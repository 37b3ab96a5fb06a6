import { type Engine, InksealError, type Plan } from "@inkseal/core";
import type { JobFolder } from "./job-folder.ts";
import { type Made, madeBy } from "./makers.ts";
import type { Scene } from "./storyboard.ts";

export interface Wish {
  readonly seed: number;
  readonly size: { readonly width: number; readonly height: number };
  readonly style: string | undefined;
}

/** The user's picture that the script names or whose turn it is, else one that an engine draws where that is wished; undefined to have one painted. */
export async function pictureOf(
  engine: Engine | undefined,
  job: JobFolder,
  i: number,
  scene: Scene,
  pictures: Plan["brief"]["files"],
  inTurn: Plan["brief"]["files"][number] | undefined,
  from: "ink" | "drawn",
  wish: Wish,
  signal: AbortSignal,
): Promise<string | undefined> {
  const name = `picture-${i}`;
  if (scene.picture !== undefined && scene.picture > pictures.length)
    throw new InksealError("bad-request", `the script asks for picture ${scene.picture}; ${pictures.length} came with the brief`, { param: "files" }); // biome-ignore format: one sentence
  const mine = scene.picture === undefined ? inTurn : pictures[scene.picture - 1];
  if (await job.has(name)) return name;
  let bytes = mine?.bytes;
  if (bytes === undefined && from === "drawn" && engine !== undefined) {
    const square = { seed: wish.seed, size: "1024x1024", ...(wish.style !== undefined && { style: wish.style }) };
    // a picture that cannot be drawn (a word that the model does not know) is painted instead
    const made: Made | undefined = await madeBy(engine, "image", scene.shows, square, signal).catch((error) => {
      if (signal.aborted) throw error;
      return undefined;
    });
    bytes = made?.files[0]?.bytes;
  }
  if (bytes === undefined) return undefined;
  await job.write(name, bytes);
  return name;
}

export async function musicOf(
  engine: Engine | undefined,
  job: JobFolder,
  mood: string,
  seconds: number,
  seed: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const name = "music.wav";
  if (engine === undefined) return undefined;
  if (await job.has(name)) return name;
  const controls = { format: "audio/wav", seed };
  const made = await madeBy(engine, "music", `${mood} (${Math.ceil(seconds)} s)`, controls, signal).catch((error) => {
    if (signal.aborted) throw error;
    return undefined; // a film without music is still a film
  });
  const wav = made?.files.find((f) => f.mediaType === "audio/wav");
  if (wav === undefined) return undefined;
  await job.write(name, wav.bytes);
  return name;
}
