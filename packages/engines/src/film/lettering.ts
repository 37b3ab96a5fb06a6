import type { Canvas, SKRSContext2D } from "@napi-rs/canvas";
import { brokenLines } from "../captions/lines.ts";
import type { FrameSize } from "./controls.ts";
import { familiesFor } from "./fonts.ts";

/** Share of the shorter side that a caption's letters are high, and of the frame's width that its lines may take. */
const captionHeight = 0.056;
const captionWidth = 0.84;
/** Captions end this share of the height above the lower edge: the corner below is the label's (GB 45438). */
const captionFoot = { wide: 0.13, tall: 0.2 } as const;

/** Titles stand in the upper half: the opening notice (GB 45438) is laid over what is below the middle for the first seconds. */
const titleMiddle = 0.31;

/** A caption on a clear ground, as large as the frame: white letters with a dark rim and a soft shade, legible on any picture. */
export async function captionOf(text: string, size: FrameSize, words: string): Promise<Canvas> {
  const { createCanvas, GlobalFonts } = await import("@napi-rs/canvas");
  const canvas = createCanvas(size.width, size.height);
  const ink = canvas.getContext("2d");
  const families = await familiesFor(words, GlobalFonts);
  const { width, height } = size;
  let letters = Math.round(Math.min(width, height) * captionHeight);
  const room = width * captionWidth;
  const lines = (): string[] => {
    ink.font = `600 ${letters}px ${families}`;
    return brokenLines(text, room, (t) => ink.measureText(t).width);
  };
  let broken = lines();
  for (; broken.length > (width >= height ? 2 : 4) && letters > 12; broken = lines()) letters = Math.floor(letters * 0.94);
  const leading = letters * 1.42;
  const foot = height * (1 - (width >= height ? captionFoot.wide : captionFoot.tall));
  ink.textAlign = "center";
  ink.textBaseline = "alphabetic";
  ink.lineJoin = "round";
  for (const [i, line] of broken.entries()) {
    const y = foot - (broken.length - 1 - i) * leading;
    ink.shadowColor = "rgba(0, 0, 0, 0.75)";
    ink.shadowBlur = letters * 0.55;
    ink.strokeStyle = "rgba(12, 12, 14, 0.85)";
    ink.lineWidth = Math.max(2, letters * 0.13);
    ink.strokeText(line, width / 2, y);
    ink.shadowBlur = 0;
    ink.shadowColor = "transparent";
    ink.fillStyle = "#fdfbf5";
    ink.fillText(line, width / 2, y);
  }
  return canvas;
}

/** A soft dark ellipse. */
function shade(ink: SKRSContext2D, x: number, y: number, rx: number, ry: number): void {
  ink.save();
  ink.translate(x, y);
  ink.scale(1, ry / rx);
  const wash = ink.createRadialGradient(0, 0, rx * 0.2, 0, 0, rx);
  wash.addColorStop(0, "rgba(8, 8, 12, 0.26)");
  wash.addColorStop(0.6, "rgba(8, 8, 12, 0.14)");
  wash.addColorStop(1, "rgba(8, 8, 12, 0)");
  ink.fillStyle = wash;
  ink.fillRect(-rx, -rx, 2 * rx, 2 * rx);
  ink.restore();
}

/** The title with its author and a red seal, on a clear ground: Chinese downwards where it is short, anything else across. */
export async function titleOf(title: string, author: string | undefined, size: FrameSize, words: string): Promise<Canvas> {
  const { createCanvas, GlobalFonts } = await import("@napi-rs/canvas");
  const canvas = createCanvas(size.width, size.height);
  const ink = canvas.getContext("2d");
  const families = await familiesFor(words, GlobalFonts);
  const { width, height } = size;
  const unit = Math.min(width, height);
  ink.textAlign = "center";
  const han = /^[\p{Script=Han}·，、！？]{1,9}$/u.test(title);
  if (han) downwards(ink, title, author, size, families);
  else {
    let letters = unit * 0.12;
    const lines = (): string[] => {
      ink.font = `700 ${letters}px ${families}`;
      return brokenLines(title, width * 0.8, (t) => ink.measureText(t).width);
    };
    let broken = lines();
    for (; broken.length > 3 && letters > 14; broken = lines()) letters *= 0.92;
    const leading = letters * 1.3;
    const widest = Math.max(...broken.map((l) => ink.measureText(l).width));
    shade(ink, width / 2, height * titleMiddle, widest / 2 + letters, (broken.length * leading) / 2 + letters * 0.9);
    const top = height * titleMiddle - ((broken.length - 1) * leading) / 2 + letters * 0.35;
    for (const [i, line] of broken.entries()) written(ink, line, width / 2, top + i * leading, letters);
    const under = top + (broken.length - 1) * leading + letters * 0.95;
    ink.font = `500 ${unit * 0.046}px ${families}`;
    if (author !== undefined) written(ink, author, width / 2, under, unit * 0.046);
    seal(ink, width / 2 - unit * 0.028, under + (author === undefined ? -unit * 0.02 : unit * 0.035), unit * 0.056);
  }
  return canvas;
}

function downwards(
  ink: SKRSContext2D,
  title: string,
  author: string | undefined,
  { width, height }: FrameSize,
  families: string,
): void {
  const characters = [...title];
  const unit = Math.min(width, height);
  const letters = Math.min(unit * 0.15, (height * 0.4) / characters.length);
  const step = letters * 1.16;
  const top = height * titleMiddle - ((characters.length - 1) * step) / 2;
  shade(ink, width / 2, height * titleMiddle, letters * 2.6, (characters.length * step) / 2 + letters);
  ink.font = `700 ${letters}px ${families}`;
  for (const [i, c] of characters.entries()) written(ink, c, width / 2, top + i * step + letters * 0.36, letters);
  const small = letters * 0.34;
  const x = width / 2 - letters * 1.05;
  let y = top + letters * 0.9;
  ink.font = `500 ${small}px ${families}`;
  for (const c of author === undefined ? [] : [...author.replace(/[[\]〔〕（）()\s]/g, "")]) {
    written(ink, c, x, y, small);
    y += small * 1.22;
  }
  seal(ink, x - small * 0.72, y - small * 0.5, small * 1.44);
}

function written(ink: SKRSContext2D, text: string, x: number, y: number, letters: number): void {
  ink.lineJoin = "round";
  ink.strokeStyle = "rgba(12, 12, 14, 0.6)";
  ink.lineWidth = Math.max(2, letters * 0.07);
  ink.strokeText(text, x, y);
  ink.fillStyle = "#fdfbf5";
  ink.fillText(text, x, y);
}

/** A red seal with the character 印, cut in lines so that it needs no font. */
function seal(ink: SKRSContext2D, x: number, y: number, size: number): void {
  ink.fillStyle = "#b5271f";
  ink.beginPath();
  ink.roundRect(x, y, size, size, size * 0.12);
  ink.fill();
  ink.strokeStyle = "#f8efe2";
  ink.lineWidth = size * 0.075;
  ink.lineCap = "butt";
  const line = (...points: number[]): void => {
    ink.beginPath();
    for (let i = 0; i < points.length; i += 2) {
      const [px, py] = [x + points[i]! * size, y + points[i + 1]! * size];
      if (i === 0) ink.moveTo(px, py);
      else ink.lineTo(px, py);
    }
    ink.stroke();
  };
  line(0.42, 0.16, 0.2, 0.26, 0.2, 0.78, 0.46, 0.72);
  line(0.2, 0.5, 0.44, 0.5);
  line(0.58, 0.88, 0.58, 0.22, 0.82, 0.22, 0.82, 0.66, 0.7, 0.66);
}
