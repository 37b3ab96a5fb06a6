import type { FrameSize } from "./controls.ts";
import type { View } from "./frame.ts";

/** Where the camera looks at the begin and at the end of a shot: the share of the picture that is seen, and its middle (0 to 1). */
export interface Move {
  readonly from: Look;
  readonly to: Look;
}
export interface Look {
  readonly share: number;
  readonly x: number;
  readonly y: number;
}
export type Camera = "auto" | "still" | "zoom" | "pan";

const closest = 0.8;
const still: Move = { from: { share: 1, x: 0.5, y: 0.5 }, to: { share: 1, x: 0.5, y: 0.5 } };

/** Moves that follow one another without repeating: in, out, and to the sides; `random` (0 to 1) chooses where to. */
export function moveOf(camera: Camera, shot: number, random: () => number): Move {
  if (camera === "still") return still;
  const drift = (): number => 0.5 + (random() - 0.5) * 0.7;
  const near = { share: closest, x: drift(), y: drift() };
  const far = { share: 1, x: 0.5, y: 0.5 };
  const zoomIn = { from: far, to: near };
  const zoomOut = { from: near, to: far };
  const side = random() < 0.5 ? 0 : 1;
  const y = drift();
  const panned = { from: { share: closest + 0.04, x: side, y }, to: { share: closest + 0.04, x: 1 - side, y: 1 - y } };
  if (camera === "zoom") return shot % 2 === 0 ? zoomIn : zoomOut;
  if (camera === "pan") return panned;
  return [zoomIn, panned, zoomOut][shot % 3] as Move;
}

/**
 * What is seen at `time` (0 to 1) of a shot: eased at both ends by a smooth step over a fifth of the shot and steady between, so that
 * the speed does not jump; the share goes geometrically, which is what looks even.
 */
export function viewAt({ from, to }: Move, time: number, { width, height }: FrameSize): View {
  const t = eased(Math.min(1, Math.max(0, time)));
  const share = from.share * (to.share / from.share) ** t;
  const [w, h] = [width * share, height * share];
  const x = (from.x + (to.x - from.x) * t) * (width - w);
  const y = (from.y + (to.y - from.y) * t) * (height - h);
  return { x, y, width: w, height: h };
}

const edge = 0.2;
/** Speed rises as a raised cosine over the edge, stays, and falls; the way is its integral. */
function eased(t: number): number {
  const way = (s: number): number => {
    if (s >= edge) return s - edge / 2;
    return (s - (edge / Math.PI) * Math.sin((Math.PI * s) / edge)) / 2;
  };
  const whole = 1 - edge;
  return t <= 0.5 ? way(t) / whole : 1 - way(1 - t) / whole;
}
