/** What a label looks and sounds like to others, measured from decoded pixels and samples. Nothing here knows how labels are made. */

/** Grey levels, row by row. */
export interface Grey {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * Height of a label's ink over the shorter side: of what changed between two pictures, the darkest or the brightest part, whichever stands on the
 * other. `line`: of the largest height of one piece of ink only, where a label has one line. 0 where nothing changed.
 */
export function inkShare(before: Grey, after: Grey): number {
  const { width, height } = after;
  if (before.width !== width || before.height !== height) return 0;
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let i = 0; i < after.data.length; i++) {
    if (Math.abs((after.data[i] as number) - (before.data[i] as number)) < 40) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  }
  if (right < 0) return 0;
  const inside: number[] = [];
  for (let y = top; y <= bottom; y++) for (let x = left; x <= right; x++) inside.push(after.data[y * width + x] as number);
  const sorted = [...inside].sort((a, b) => a - b);
  const [dark, bright] = [
    sorted[Math.floor(sorted.length * 0.02)] as number,
    sorted[Math.floor(sorted.length * 0.98)] as number,
  ];
  // the plate is most of it
  const onBright = (sorted[sorted.length >> 1] as number) > (dark + bright) / 2;
  const isInk = (v: number): boolean => (onBright ? v < dark + 0.35 * (bright - dark) : v > bright - 0.35 * (bright - dark));
  const rows = Array.from({ length: bottom - top + 1 }, (_, y) =>
    inside.slice(y * (right - left + 1), (y + 1) * (right - left + 1)).some(isInk),
  );
  const inked = rows.lastIndexOf(true) - rows.indexOf(true) + 1;
  return bright - dark < 100 ? 0 : inked / Math.min(width, height);
}

/** The letters that tones of 800 Hz spell in the first or the last seconds of a sound: on and off by energy, dots and dashes by length. */
export function morseIn(samples: Float32Array, rate: number): string {
  const span = Math.round(3 * rate);
  return [samples.subarray(0, span), samples.subarray(-span)].map((part) => letters(tones(part, rate))).join(" ");
}

/** For each 10 ms: whether most of its energy is at 800 Hz, by correlation with a sine and a cosine. */
function tones(samples: Float32Array, rate: number): boolean[] {
  const hop = Math.round(rate / 100);
  return Array.from({ length: Math.floor(samples.length / hop) }, (_, f) => {
    let [re, im, all] = [0, 0, 1e-9];
    for (let i = f * hop; i < (f + 1) * hop; i++) {
      const x = samples[i] as number;
      re += x * Math.cos((2 * Math.PI * 800 * i) / rate);
      im += x * Math.sin((2 * Math.PI * 800 * i) / rate);
      all += x * x;
    }
    return (2 * (re * re + im * im)) / hop / all > 0.6 && all / hop > 1e-4;
  });
}

const alphabet: Readonly<Record<string, string>> = { ".-": "A", "..": "I" };
function letters(on: readonly boolean[]): string {
  const runs: { on: boolean; length: number }[] = [];
  for (const v of on) {
    const last = runs.at(-1);
    if (last?.on === v) last.length++;
    else runs.push({ on: v, length: 1 });
  }
  const dot = Math.min(...runs.filter((r) => r.on && r.length > 4).map((r) => r.length), 1000);
  const signs = runs.map((r) =>
    r.on
      ? r.length < 2 * dot && r.length > dot / 2
        ? "."
        : r.length < 4 * dot && r.length >= 2 * dot
          ? "-"
          : "#"
      : r.length > 2 * dot
        ? " "
        : "",
  );
  return signs.join("").split(" ").map((sign) => alphabet[sign] ?? "").join(""); // biome-ignore format: one idea
}
