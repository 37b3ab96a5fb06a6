import type { SKRSContext2D } from "@napi-rs/canvas";
import { blot, circle, type Sheet } from "./land.ts";

/** A branch that tapers, bends and forks; `tip` is called at every twig's end. */
function branch(
  sheet: Sheet,
  x: number,
  y: number,
  angle: number,
  length: number,
  width: number,
  depth: number,
  tip: (x: number, y: number, angle: number) => void,
): void {
  const { ink, random } = sheet;
  const steps = 6;
  let [px, py, a] = [x, y, angle];
  for (let i = 0; i < steps; i++) {
    a += (random() - 0.5) * 0.32;
    const nx = px + (Math.cos(a) * length) / steps;
    const ny = py + (Math.sin(a) * length) / steps;
    ink.lineWidth = Math.max(0.6, width * (1 - (0.45 * i) / steps));
    ink.beginPath();
    ink.moveTo(px, py);
    ink.lineTo(nx, ny);
    ink.stroke();
    if (depth > 0 && i > 1 && random() < 0.5)
      branch(
        sheet,
        nx,
        ny,
        a + (random() < 0.5 ? -1 : 1) * (0.45 + random() * 0.6),
        length * (0.4 + random() * 0.25),
        width * 0.5,
        depth - 1,
        tip,
      );
    [px, py] = [nx, ny];
  }
  tip(px, py, a);
}

/** Plum or peach: dark wood from a side, with blossom at the twigs. */
export function blossom(sheet: Sheet, side: -1 | 1): void {
  const { ink, width, height, unit, random, palette, mood } = sheet;
  ink.strokeStyle = `rgba(${palette.near}, 0.88)`;
  ink.lineCap = "round";
  const colour = mood.hour === "night" ? "236, 214, 214" : mood.season === "winter" ? "196, 62, 74" : "222, 130, 142";
  const flower = (x: number, y: number): void => {
    const r = unit * (6 + random() * 7);
    for (let p = 0; p < 5; p++) {
      const a = (p / 5) * Math.PI * 2 + random();
      blot(ink, x + Math.cos(a) * r * 0.75, y + Math.sin(a) * r * 0.75, r, colour, 0.7);
    }
    ink.fillStyle = `rgba(${palette.near}, 0.5)`;
    circle(ink, x, y, r * 0.14);
  };
  const x = side < 0 ? -width * 0.02 : width * 1.02;
  const base = Math.min(width, height);
  for (let n = 0; n < 3; n++)
    branch(
      sheet,
      x,
      height * (0.12 + n * 0.17 + random() * 0.08),
      side < 0 ? -0.15 + random() * 0.6 : Math.PI + 0.15 - random() * 0.6,
      base * (0.42 - n * 0.06),
      unit * (15 - n * 3),
      2,
      (tx, ty) => {
        for (let f = 0; f < 2; f++) flower(tx + (random() - 0.5) * unit * 30, ty + (random() - 0.5) * unit * 30);
      },
    );
  for (let n = 0; n < 14; n++) blot(ink, random() * width, random() * height, unit * (3 + random() * 3), colour, 0.6);
}

export function willow(sheet: Sheet, side: -1 | 1): void {
  const { ink, width, height, unit, random, palette } = sheet;
  ink.lineCap = "round";
  for (let n = 0; n < 34; n++) {
    const x = side < 0 ? random() ** 1.6 * width * 0.34 : width - random() ** 1.6 * width * 0.34;
    const length = height * (0.22 + random() * 0.4);
    const sway = unit * (20 + random() * 60) * -side;
    ink.strokeStyle = `rgba(${palette.near}, ${0.22 + random() * 0.25})`;
    ink.lineWidth = unit * 1.5;
    ink.beginPath();
    ink.moveTo(x, -10);
    ink.quadraticCurveTo(x + sway * 0.2, length * 0.6, x + sway, length);
    ink.stroke();
    for (let k = 0.2; k < 1; k += 0.045) {
      const [lx, ly] = [x + sway * k * k, length * k];
      leaf(
        ink,
        lx,
        ly,
        Math.PI / 2 + (random() - 0.5) * 1.3,
        unit * (13 + random() * 9),
        `rgba(74, 104, 66, ${0.3 + random() * 0.3})`,
      );
    }
  }
}

export function bamboo(sheet: Sheet, side: -1 | 1): void {
  const { ink, width, height, unit, random, palette } = sheet;
  ink.lineCap = "butt";
  for (let n = 0; n < 6; n++) {
    const x = side < 0 ? width * (0.01 + n * 0.042 + random() * 0.02) : width * (0.99 - n * 0.042 - random() * 0.02);
    const strength = 0.3 + random() * 0.45;
    const lean = (random() - 0.5) * 0.06;
    const joint = height * (0.1 + random() * 0.04);
    ink.strokeStyle = `rgba(${palette.near}, ${strength})`;
    ink.lineWidth = unit * (8 + random() * 8);
    for (let y = height; y > -joint; y -= joint) {
      const at = (v: number): number => x + lean * (height - v);
      ink.beginPath();
      ink.moveTo(at(y), y - unit * 3);
      ink.lineTo(at(y - joint), y - joint + unit * 3);
      ink.stroke();
      if (y < height * 0.75 && random() < 0.75)
        for (let l = 0; l < 4; l++)
          leaf(
            ink,
            at(y),
            y,
            (side < 0 ? 0.5 : Math.PI - 0.5) + (random() - 0.5) * 1.7,
            unit * (50 + random() * 50),
            `rgba(${palette.near}, ${strength * 0.9})`,
          );
    }
  }
}

function leaf(ink: SKRSContext2D, x: number, y: number, angle: number, length: number, colour: string): void {
  ink.save();
  ink.translate(x, y);
  ink.rotate(angle);
  ink.fillStyle = colour;
  ink.beginPath();
  ink.moveTo(0, 0);
  ink.quadraticCurveTo(length * 0.35, -length * 0.11, length, 0);
  ink.quadraticCurveTo(length * 0.35, length * 0.11, 0, 0);
  ink.fill();
  ink.restore();
}

/** A pine: crooked trunk, needles in flat clouds. */
export function pine(sheet: Sheet, x: number, foot: number, tall: number): void {
  const { ink, unit, random, palette } = sheet;
  ink.strokeStyle = `rgba(${palette.near}, 0.82)`;
  ink.lineCap = "round";
  const cloud = (cx: number, cy: number): void => {
    const r = tall * (0.07 + random() * 0.07);
    blot(ink, cx, cy, r * 1.3, palette.near, 0.3);
    ink.strokeStyle = `rgba(${palette.near}, 0.5)`;
    for (let n = 0; n < 46; n++) {
      const a = Math.PI * (1.02 + random() * 0.96);
      const px = cx + (random() - 0.5) * r * 2;
      ink.lineWidth = unit * 1.1;
      ink.beginPath();
      ink.moveTo(px, cy + r * 0.12);
      ink.lineTo(px + Math.cos(a) * r * 0.5, cy + Math.sin(a) * r * 0.42);
      ink.stroke();
    }
    ink.strokeStyle = `rgba(${palette.near}, 0.82)`;
  };
  branch(sheet, x, foot, -Math.PI / 2 + (random() - 0.5) * 0.3, tall * 0.8, unit * 17, 3, cloud);
}

export function leaves({ ink, width, height, unit, random }: Sheet): void {
  for (let n = 0; n < 26; n++)
    leaf(
      ink,
      random() * width,
      random() * height,
      random() * 6.3,
      unit * (12 + random() * 16),
      `rgba(${172 + Math.round(random() * 40)}, ${76 + Math.round(random() * 40)}, 40, ${0.45 + random() * 0.4})`,
    );
}
