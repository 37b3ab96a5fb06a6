import { circle, type Sheet } from "./land.ts";

/** A small boat with a mat roof and somebody in it. */
export function boat({ ink, unit, palette }: Sheet, x: number, y: number, size: number): void {
  const s = unit * size;
  ink.fillStyle = `rgba(${palette.near}, 0.86)`;
  ink.beginPath();
  ink.moveTo(x - s, y - s * 0.16);
  ink.quadraticCurveTo(x, y + s * 0.3, x + s * 1.05, y - s * 0.2);
  ink.quadraticCurveTo(x, y + s * 0.02, x - s, y - s * 0.16);
  ink.fill();
  ink.beginPath();
  ink.ellipse(x - s * 0.1, y - s * 0.04, s * 0.36, s * 0.3, 0, Math.PI, 0);
  ink.fill();
  ink.fillRect(x + s * 0.44, y - s * 0.36, s * 0.09, s * 0.34);
  circle(ink, x + s * 0.485, y - s * 0.42, s * 0.07);
  ink.strokeStyle = ink.fillStyle;
  ink.lineWidth = unit * 1.6;
  ink.beginPath();
  ink.moveTo(x + s * 0.5, y - s * 0.62);
  ink.lineTo(x + s * 0.95, y + s * 0.3);
  ink.stroke();
}

export function birds({ ink, width, height, unit, random, palette }: Sheet): void {
  const [cx, cy] = [width * (0.3 + random() * 0.4), height * (0.14 + random() * 0.12)];
  ink.strokeStyle = `rgba(${palette.near}, 0.72)`;
  ink.lineCap = "round";
  for (let n = 0; n < 7; n++) {
    const row = Math.ceil(n / 2) * (n % 2 === 0 ? -1 : 1);
    const [x, y] = [cx + row * unit * 46 + random() * unit * 12, cy + Math.abs(row) * unit * 22 + random() * unit * 10];
    const s = unit * (15 + random() * 5);
    ink.lineWidth = unit * 2.6;
    ink.beginPath();
    ink.moveTo(x - s, y - s * 0.34);
    ink.quadraticCurveTo(x - s * 0.35, y - s * 0.5, x, y);
    ink.quadraticCurveTo(x + s * 0.35, y - s * 0.5, x + s, y - s * 0.28);
    ink.stroke();
  }
}

/** Roofs with turned-up eaves, one over the other, a light in the window. */
export function pavilion({ ink, unit, palette, mood }: Sheet, x: number, foot: number, size: number, floors: number): void {
  const s = unit * size;
  for (let f = 0; f < floors; f++) {
    const [w, y] = [s * (1 - f * 0.16), foot - f * s * 0.72];
    ink.fillStyle = `rgba(${palette.near}, 0.7)`;
    ink.fillRect(x - w * 0.42, y - s * 0.42, w * 0.84, s * 0.42);
    ink.fillStyle = mood.hour === "day" ? `rgba(${palette.mist}, 0.5)` : "rgba(255, 206, 120, 0.92)";
    for (const k of [-0.24, 0, 0.24]) ink.fillRect(x + k * w - w * 0.06, y - s * 0.32, w * 0.12, s * 0.24);
    ink.fillStyle = `rgba(${palette.near}, 0.92)`;
    ink.beginPath();
    ink.moveTo(x - w * 0.72, y - s * 0.5);
    ink.quadraticCurveTo(x - w * 0.4, y - s * 0.42, x - w * 0.18, y - s * 0.74);
    ink.lineTo(x + w * 0.18, y - s * 0.74);
    ink.quadraticCurveTo(x + w * 0.4, y - s * 0.42, x + w * 0.72, y - s * 0.5);
    ink.quadraticCurveTo(x, y - s * 0.3, x - w * 0.72, y - s * 0.5);
    ink.fill();
  }
}

/** Walls and roofs along the horizon. */
export function city(sheet: Sheet, horizon: number): void {
  const { ink, width, height, unit, random, palette } = sheet;
  for (let x = -width * 0.02; x < width; x += unit * (50 + random() * 60)) {
    if (random() < 0.16) pavilion(sheet, x, horizon * height, 70 + random() * 30, 2 + Math.floor(random() * 2));
    ink.fillStyle = `rgba(${palette.near}, ${0.4 + random() * 0.3})`;
    const tall = unit * (24 + random() * 46);
    ink.fillRect(x, horizon * height - tall, unit * (60 + random() * 40), tall + unit * 6);
  }
}

export function snow({ ink, width, height, unit, random }: Sheet): void {
  for (let n = 0; n < 420; n++) {
    ink.fillStyle = `rgba(255, 255, 255, ${0.35 + random() * 0.6})`;
    circle(ink, random() * width, random() * height, unit * (1 + random() ** 3 * 5));
  }
}

export function rain({ ink, width, height, unit, random, palette }: Sheet): void {
  ink.lineCap = "round";
  for (let n = 0; n < 420; n++) {
    const [x, y, l] = [random() * width * 1.1, random() * height, unit * (30 + random() * 70)];
    ink.strokeStyle = `rgba(${random() < 0.5 ? palette.mist : palette.near}, ${0.1 + random() * 0.2})`;
    ink.lineWidth = unit * (0.8 + random());
    ink.beginPath();
    ink.moveTo(x, y);
    ink.lineTo(x - l * 0.22, y + l);
    ink.stroke();
  }
}
