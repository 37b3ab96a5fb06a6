import type { SKRSContext2D } from "@napi-rs/canvas";
import type { Mood, Palette } from "./mood.ts";

export interface Sheet {
  readonly ink: SKRSContext2D;
  readonly width: number;
  readonly height: number;
  readonly random: () => number;
  readonly mood: Mood;
  readonly palette: Palette;
  /** A length that looks the same at every size: a thousandth of the shorter side. */
  readonly unit: number;
}

export function sky({ ink, width, height, palette }: Sheet): void {
  const wash = ink.createLinearGradient(0, 0, 0, height);
  for (const [i, colour] of palette.sky.entries()) wash.addColorStop(i / 2, colour);
  ink.fillStyle = wash;
  ink.fillRect(0, 0, width, height);
}

/** The sun or the moon with its halo; returns where it stands. */
export function orb({ ink, width, height, unit, random, palette, mood }: Sheet): { x: number; y: number; r: number } {
  const low = mood.hour === "dawn" || mood.hour === "dusk";
  const x = width * (random() < 0.5 ? 0.22 + random() * 0.12 : 0.66 + random() * 0.12);
  const y = height * (low ? 0.34 + random() * 0.08 : 0.16 + random() * 0.08);
  const r = unit * (low ? 74 : 58);
  const halo = ink.createRadialGradient(x, y, r * 0.6, x, y, r * 5);
  halo.addColorStop(0, `${palette.light}88`);
  halo.addColorStop(0.25, `${palette.light}30`);
  halo.addColorStop(1, `${palette.light}00`);
  ink.fillStyle = halo;
  ink.fillRect(x - r * 5, y - r * 5, r * 10, r * 10);
  const disc = ink.createRadialGradient(x - r * 0.2, y - r * 0.2, r * 0.2, x, y, r);
  disc.addColorStop(0, palette.light);
  disc.addColorStop(0.94, palette.light);
  disc.addColorStop(1, `${palette.light}00`);
  ink.fillStyle = disc;
  circle(ink, x, y, r);
  if (mood.hour === "night")
    for (let i = 0; i < 5; i++)
      blot(ink, x + (random() - 0.6) * r, y + (random() - 0.6) * r, r * (0.12 + random() * 0.2), "150, 150, 140", 0.1);
  return { x, y, r };
}

export function stars({ ink, width, height, unit, random }: Sheet, count: number): void {
  for (let i = 0; i < count; i++) {
    ink.fillStyle = `rgba(250, 246, 226, ${0.25 + random() * 0.6})`;
    circle(ink, random() * width, random() ** 1.4 * height * 0.62, unit * (0.6 + random() * 1.5));
  }
}

/** Ranges one before the other, paler the farther, each dissolving in mist at its foot. */
export function mountains(sheet: Sheet, horizon: number): void {
  const { ink, width, height, random, palette } = sheet;
  const ranges = 4;
  for (let i = 0; i < ranges; i++) {
    const depth = i / (ranges - 1); // 0 far, 1 near
    const base = horizon * height * (0.9 + depth * 0.12);
    const tall = Math.min(height, width * 0.85) * (0.36 - depth * 0.16) * (0.75 + random() * 0.5);
    const ridge = ridgeOf(width, random, 2 + i * 1.3);
    const colour = mixed(palette.far, palette.near, depth * 0.75);
    const foot = base + height * 0.06;
    const wash = ink.createLinearGradient(0, base - tall, 0, foot);
    const strength = 0.32 + depth * 0.44;
    wash.addColorStop(0, `rgba(${colour}, ${strength})`);
    wash.addColorStop(0.45, `rgba(${colour}, ${strength * 0.62})`);
    wash.addColorStop(1, `rgba(${colour}, 0)`);
    ink.fillStyle = wash;
    ink.beginPath();
    ink.moveTo(0, foot);
    for (const [x, y] of ridge.entries()) ink.lineTo((x / (ridge.length - 1)) * width, base - y * tall);
    ink.lineTo(width, foot);
    ink.fill();
    ink.save();
    ink.clip(); // no stroke leaves its mountain
    creases(sheet, ridge, base, tall, colour, strength);
    ink.restore();
    mist(sheet, base, 0.5 - depth * 0.2);
  }
}

/** A line from 0 to 1: a few broad peaks and noise on finer and finer scales. */
function ridgeOf(width: number, random: () => number, peaks: number): number[] {
  const points = Math.max(200, Math.round(width / 3));
  const waves = Array.from({ length: 9 }, (_, k) => ({ f: peaks * 1.83 ** k, a: 0.62 ** k, p: random() * 9 }));
  const line = Array.from({ length: points }, (_, i) => {
    const t = i / points;
    return waves.reduce((sum, { f, a, p }) => sum + a * (1 - 2 * Math.abs(Math.sin(Math.PI * f * t * 0.5 + p))), 0);
  });
  const [low, high] = [Math.min(...line), Math.max(...line)];
  return line.map((v) => ((v - low) / (high - low)) ** 1.15);
}

/** Short strokes down from the ridge, as the brush leaves them on rock. */
function creases(
  { ink, width, height, unit, random }: Sheet,
  ridge: readonly number[],
  base: number,
  tall: number,
  colour: string,
  strength: number,
): void {
  ink.lineCap = "round";
  for (let n = 0; n < 150; n++) {
    const i = Math.floor(random() * (ridge.length - 6)) + 3;
    const slope = ridge[i + 3]! - ridge[i - 3]!;
    const x = (i / (ridge.length - 1)) * width;
    const y = base - ridge[i]! * tall;
    const length = Math.min(height * 0.09, tall * (0.08 + random() * 0.22) * ridge[i]!);
    const lean = Math.max(-0.7, Math.min(0.7, slope * 6 * (0.6 + random()))) * length;
    ink.strokeStyle = `rgba(${colour}, ${strength * (0.06 + random() * 0.16)})`;
    ink.lineWidth = unit * (1 + random() * 4);
    ink.beginPath();
    ink.moveTo(x, y + length * 0.1);
    ink.quadraticCurveTo(x - lean * 0.4, y + length * 0.5, x - lean, y + length);
    ink.stroke();
  }
}

export function mist({ ink, width, height, random, palette }: Sheet, y: number, strength: number): void {
  for (let i = 0; i < 5; i++) {
    const cx = random() * width;
    const [rx, ry] = [width * (0.25 + random() * 0.3), height * (0.035 + random() * 0.05)];
    ink.save();
    ink.translate(cx, y + (random() - 0.3) * height * 0.05);
    ink.scale(1, ry / rx);
    blot(ink, 0, 0, rx, palette.mist, strength);
    ink.restore();
  }
}

/** Water from the horizon down: a wash, level strokes that grow towards us, and the light of the orb broken on it. */
export function water(
  { ink, width, height, unit, random, palette, mood }: Sheet,
  horizon: number,
  light?: { x: number; r: number },
): void {
  const top = horizon * height;
  const wash = ink.createLinearGradient(0, top, 0, height);
  wash.addColorStop(0, `rgba(${palette.mist}, 0)`);
  wash.addColorStop(0.12, `rgba(${palette.mist}, 0.75)`);
  wash.addColorStop(1, `rgba(${palette.far}, 0.55)`);
  ink.fillStyle = wash;
  ink.fillRect(0, top, width, height - top);
  ink.lineCap = "round";
  for (let n = 0; n < 130; n++) {
    const depth = random() ** 0.8;
    const y = top + depth * (height - top);
    const length = unit * (30 + depth * 190) * (0.4 + random());
    stroke(ink, random() * width, y, length, unit * (0.7 + depth * 2.4), `rgba(${palette.near}, ${0.03 + 0.09 * random()})`);
  }
  if (light === undefined) return;
  for (let n = 0; n < 70; n++) {
    const depth = random();
    const y = top + depth ** 0.9 * (height - top) * 0.9;
    const spread = light.r * (0.35 + depth * 1.5);
    const alpha = Math.round((mood.hour === "day" ? 30 : 78) * (1 - depth * 0.65) * random());
    stroke(
      ink,
      light.x + (random() - 0.5) * 2 * spread,
      y,
      spread * (0.3 + random() * 0.7),
      unit * (1 + depth * 3),
      `${palette.light}${alpha.toString(16).padStart(2, "0")}`,
    );
  }
}

/** A level stroke with a slight swing. */
function stroke(ink: SKRSContext2D, x: number, y: number, length: number, width: number, colour: string): void {
  ink.strokeStyle = colour;
  ink.lineWidth = width;
  ink.beginPath();
  ink.moveTo(x - length / 2, y);
  ink.quadraticCurveTo(x, y + width * 0.9, x + length / 2, y);
  ink.stroke();
}

export function circle(ink: SKRSContext2D, x: number, y: number, r: number): void {
  ink.beginPath();
  ink.arc(x, y, r, 0, Math.PI * 2);
  ink.fill();
}

/** A round wash that fades to its edge. */
export function blot(ink: SKRSContext2D, x: number, y: number, r: number, colour: string, alpha: number): void {
  const wash = ink.createRadialGradient(x, y, 0, x, y, r);
  wash.addColorStop(0, `rgba(${colour}, ${alpha})`);
  wash.addColorStop(0.5, `rgba(${colour}, ${alpha * 0.6})`);
  wash.addColorStop(1, `rgba(${colour}, 0)`);
  ink.fillStyle = wash;
  circle(ink, x, y, r);
}

export function mixed(a: string, b: string, t: number): string {
  const [from, to] = [a, b].map((c) => c.split(",").map(Number)) as [number[], number[]];
  return from.map((v, i) => Math.round(v + (to[i]! - v) * t)).join(", ");
}
