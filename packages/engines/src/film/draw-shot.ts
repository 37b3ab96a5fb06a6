import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Canvas } from "@napi-rs/canvas";
import { viewAt } from "./camera.ts";
import { chance } from "./chance.ts";
import { Encoder, shotArguments } from "./ffmpeg.ts";
import { blend, emptyFrame, type Frame, frameOf, type Layer, lay, layerOf, look } from "./frame.ts";
import { moodOf } from "./ink/mood.ts";
import { paintInk } from "./ink/paint.ts";
import { captionOf, titleOf } from "./lettering.ts";
import { crossFade, type FilmPlan, type Shot } from "./plan.ts";

/** Pictures are this much larger than the frame, so that the closest look still has a pixel for every pixel. */
const oversize = 1.25;
/** Seconds over which letters come and go. */
const letterFade = 0.18;
const titleFade = 0.9;

/** The ground of the shot that was drawn last: the next one comes through it. */
let last: { readonly shot: Shot; readonly ground: Frame } | undefined;

/** Draws `frames` frames of a shot and encodes them into `file`. */
export async function drawShot(
  plan: FilmPlan,
  number: number,
  frames: number,
  file: string,
  onChild: (pid: number | undefined) => void,
  onProgress: (done: number) => void,
): Promise<void> {
  const shot = plan.shots[number]!;
  const before = plan.shots[number - 1];
  const ground = await groundOf(plan, shot);
  const under = before === undefined ? undefined : last?.shot === before ? last.ground : await groundOf(plan, before);
  const letters = await lettersOf(plan, shot);
  const [frame, other] = [emptyFrame(plan.width, plan.height), emptyFrame(plan.width, plan.height)];
  const encoder = new Encoder(plan.ffmpeg, shotArguments(plan, file), onChild);
  for (let n = 0; n < frames; n++) {
    const seconds = n / plan.fps;
    look(ground, viewAt(shot.move, seconds / shot.seconds, ground), frame);
    const through = seconds / Math.min(crossFade, shot.seconds / 2);
    if (under !== undefined && before !== undefined && through < 1) {
      look(under, viewAt(before.move, 1, under), other);
      blend(frame, other, 0.5 + 0.5 * Math.cos(Math.PI * through));
    }
    for (const { layer, from, to, fade } of letters) {
      const share = Math.min(1, (seconds - from) / fade, (to - seconds) / fade);
      if (share > 0) lay(frame, layer, share);
    }
    // fade from and to black at the film's own ends
    const [first, end] = [
      number === 0 ? seconds / 0.5 : 1,
      number === plan.shots.length - 1 ? (shot.seconds - seconds) / 0.8 : 1,
    ];
    if (Math.min(first, end) < 1) blend(frame, black(plan), 1 - Math.max(0, Math.min(first, end)));
    await encoder.write(frame.bytes);
    if (n % 5 === 4) onProgress((n + 1) / frames);
  }
  await encoder.end();
  last = { shot, ground };
}

let dark: Frame | undefined;
const black = ({ width, height }: FilmPlan): Frame => (dark ??= emptyFrame(width, height));

interface Lettering {
  readonly layer: Layer;
  readonly from: number;
  readonly to: number;
  readonly fade: number;
}

async function lettersOf(plan: FilmPlan, shot: Shot): Promise<Lettering[]> {
  const out: Lettering[] = [];
  const put = (canvas: Canvas, from: number, to: number, fade: number): void => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, plan.width, plan.height);
    const layer = layerOf(new Uint8Array(data.buffer, data.byteOffset, data.length), plan.width, plan.height);
    if (layer !== undefined) out.push({ layer, from, to, fade });
  };
  if (shot.title !== undefined)
    put(await titleOf(shot.title.text, shot.title.author, plan, plan.words), 0.3, shot.seconds, titleFade);
  for (const { text, from, to } of shot.cues) put(await captionOf(text, plan, plan.words), from, to, letterFade);
  return out;
}

/** A shot's picture as a frame a little larger than the film's: the user's or a model's, else painted. */
async function groundOf(plan: FilmPlan, shot: Shot): Promise<Frame> {
  const even = (n: number): number => 2 * Math.round((n * oversize) / 2);
  const size = { width: even(plan.width), height: even(plan.height) };
  const { shots } = plan;
  const usual = moodOf(shots.map((s) => s.shows).join(" "), chance(shots[0]!.seed));
  const canvas =
    shot.picture === undefined
      ? await paintInk(shot.shows, size, shot.seed, usual)
      : await placed(join(plan.folder, shot.picture), size);
  return frameOf(canvas.data(), size.width, size.height);
}

/** Fills the frame where little is lost by it; else the whole picture stands on its own blurred shade. */
async function placed(path: string, { width, height }: { width: number; height: number }): Promise<Canvas> {
  const { createCanvas, loadImage } = await import("@napi-rs/canvas");
  const picture = await loadImage(await readFile(path));
  const canvas = createCanvas(width, height);
  const ink = canvas.getContext("2d");
  ink.imageSmoothingQuality = "high";
  ink.fillStyle = "#f4f0e6"; // under what is clear in it
  ink.fillRect(0, 0, width, height);
  const [cover, contain] = [Math.max, Math.min].map((pick) => pick(width / picture.width, height / picture.height)) as [
    number,
    number,
  ];
  const draw = (scale: number): void => {
    const [w, h] = [picture.width * scale, picture.height * scale];
    ink.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
  };
  if (contain / cover < 0.68) {
    const small = createCanvas(Math.ceil(width / 28), Math.ceil(height / 28));
    const tiny = small.getContext("2d");
    const scale = cover / 28;
    tiny.imageSmoothingQuality = "high";
    tiny.drawImage(
      picture,
      (small.width - picture.width * scale) / 2,
      (small.height - picture.height * scale) / 2,
      picture.width * scale,
      picture.height * scale,
    );
    ink.drawImage(small, 0, 0, width, height);
    ink.fillStyle = "rgba(10, 10, 14, 0.4)";
    ink.fillRect(0, 0, width, height);
    draw(contain * 0.94);
  } else draw(cover);
  return canvas;
}
