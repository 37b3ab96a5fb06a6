import { type Random, seededRandom } from "@inkseal/lab";
import type { Plucked, Struck, Sustained, Timbre } from "./timbre.ts";

export interface Struckness {
  readonly hertz: number;
  readonly seconds: number;
  /** 0 to 1. */
  readonly level: number;
}

/** One note, with what sounds on after its end. */
export function playNote(timbre: Timbre, note: Struckness, rate: number, random: Random): Float32Array {
  if (timbre.kind === "sustained") return sustained(timbre, note, rate, random);
  return timbre.kind === "struck" ? struck(timbre, note, rate, random) : plucked(timbre, note, rate, random);
}

const block = 64;
/** White noise, made once: a draw for each sample would cost more than the partials. */
const hiss = ((random: Random) => Float32Array.from({ length: 1 << 15 }, () => random() - 0.5))(seededRandom(7));

/**
 * Harmonic partials by sin nθ = 2 cos θ sin (n−1)θ − sin (n−2)θ: a sine and a cosine a sample, two products a partial, and vibrato for nothing.
 */
function sustained(t: Sustained, { hertz, seconds, level }: Struckness, rate: number, random: Random): Float32Array {
  const length = Math.ceil((seconds + t.release) * rate);
  const out = new Float32Array(length);
  const count = Math.max(1, Math.min(t.partials, Math.floor((0.45 * rate) / hertz)));
  const levels = Float64Array.from({ length: count }, (_, i) => t.partial(i + 1, hertz));
  const loud = level / Math.sqrt(levels.reduce((sum, a) => sum + a * a, 1e-9));
  const now = new Float64Array(count);
  const voices = t.detune === undefined ? [1] : [2 ** (-t.detune / 2400), 2 ** (t.detune / 2400)];
  for (const [v, ratio] of voices.entries()) {
    let phase = random() * 2 * Math.PI;
    const turn = random() * 2 * Math.PI;
    const slow = 1 + 0.1 * (random() - 0.5);
    let breath = 0;
    const air = Math.floor(random() * hiss.length);
    for (let from = 0; from < length; from += block) {
      const at = from / rate;
      const rise = Math.min(1, at / t.attack);
      const fall = at <= seconds ? 1 : Math.max(0, 1 - (at - seconds) / t.release);
      const swell = rise * rise * (3 - 2 * rise) * fall * fall;
      for (let n = 0; n < count; n++) now[n] = levels[n]! * (t.bloom === undefined ? 1 : swell ** (t.bloom * 0.12 * n));
      // vibrato comes in once the note stands
      const [depth, turns] = t.vibrato;
      const sway = depth * Math.min(1, Math.max(0, (at - 0.18) / 0.3)) * Math.sin(2 * Math.PI * turns * slow * at + turn);
      const step = (2 * Math.PI * hertz * ratio * 2 ** (sway / 12)) / rate;
      const gain = (loud * swell) / voices.length;
      const end = Math.min(length, from + block);
      for (let i = from; i < end; i++) {
        phase += step;
        const twice = 2 * Math.cos(phase);
        let before = 0;
        let sine = Math.sin(phase);
        let sum = 0;
        for (let n = 0; n < count; n++) {
          sum += now[n]! * sine;
          const next = twice * sine - before;
          before = sine;
          sine = next;
        }
        breath += 0.25 * (hiss[(i + air) & (hiss.length - 1)]! - breath);
        out[i]! += gain * sum + (v === 0 ? level * swell * t.noise * breath * 4 : 0);
      }
    }
  }
  return out;
}

/** Decaying partials, each turned by its own angle. */
function struck(t: Struck, { hertz, seconds, level }: Struckness, rate: number, random: Random): Float32Array {
  const high = Math.min(1, 262 / hertz) ** 0.6; // high notes die sooner
  const longest = Math.min(seconds, 4 * t.decay(1) * high) + t.release;
  const length = Math.ceil(longest * rate);
  const out = new Float32Array(length);
  for (let n = 1; n <= t.partials; n++) {
    const [ratio, a] = t.partial(n, hertz);
    if (ratio * hertz > 0.45 * rate || a < 1e-4) continue;
    const angle = (2 * Math.PI * ratio * hertz) / rate;
    const fade = Math.exp(-1 / (t.decay(n) * high * rate));
    const [c, s] = [Math.cos(angle) * fade, Math.sin(angle) * fade];
    // louder is brighter
    let [x, y] = [0, 0.7 * a * level * (0.35 + 0.65 * level) ** (0.25 * (n - 1))];
    for (let i = 0; i < length; i++) {
      out[i]! += x;
      [x, y] = [x * c + y * s, y * c - x * s];
    }
  }
  const knock = Math.min(length, Math.floor(0.02 * rate));
  let soft = 0;
  for (let i = 0; i < knock; i++) {
    soft += 0.3 * (random() - 0.5 - soft);
    out[i]! += t.knock * level * soft * (1 - i / knock) * 4;
  }
  return ended(out, seconds, t.release, rate);
}

/** A string as a delay line that is filtered each time round (Karplus & Strong 1983), tuned by an all-pass (Jaffe & Smith 1983). */
function plucked(t: Plucked, { hertz, seconds, level }: Struckness, rate: number, random: Random): Float32Array {
  const decay = t.decay * (262 / hertz) ** 0.5;
  const release = 0.15;
  const length = Math.ceil((Math.min(seconds, 5 * decay) + release) * rate);
  const out = new Float32Array(length);
  const mix = 0.5 - 0.42 * t.bright; // of the sample before: its filter delays by this many samples, nearly
  const period = rate / hertz - mix;
  const whole = Math.floor(period - 0.1);
  const rest = period - whole;
  const pass = (1 - rest) / (1 + rest);
  const string = new Float32Array(whole);
  let soft = 0;
  for (let i = 0; i < whole; i++) string[i] = soft += (0.25 + 0.7 * t.bright) * (2 * random() - 1 - soft);
  // plucked at a place, the string lacks the partials that have a node there
  const node = Math.max(1, Math.floor(whole * t.place));
  const combed = string.map((x, i) => x - string[(i + whole - node) % whole]!);
  const mean = combed.reduce((a, b) => a + b, 0) / whole;
  const strength = Math.sqrt(combed.reduce((a, b) => a + (b - mean) ** 2, 1e-9) / whole);
  for (let i = 0; i < whole; i++) string[i] = ((combed[i]! - mean) / strength) * level * 0.5;
  const keep = Math.exp(-1 / (decay * hertz));
  let [at, before, passed, passedIn] = [0, 0, 0, 0];
  for (let i = 0; i < length; i++) {
    const x = string[at]!;
    out[i] = x;
    const filtered = keep * ((1 - mix) * x + mix * before);
    before = x;
    passed = pass * filtered + passedIn - pass * passed;
    passedIn = filtered;
    string[at] = passed;
    at = at + 1 === whole ? 0 : at + 1;
  }
  return ended(out, seconds, release, rate);
}

/** Damps what sounds on after the note's end. */
function ended(out: Float32Array, seconds: number, release: number, rate: number): Float32Array {
  const end = Math.floor(seconds * rate);
  for (let i = end; i < out.length; i++) out[i]! *= Math.max(0, 1 - (i - end) / (release * rate)) ** 2;
  return out;
}
