/** A small hall: eight damped combs in parallel, then four all-passes, each side with delays of its own (Schroeder 1962; tunings of Freeverb, public domain). */
const combs = [1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617] as const;
const passes = [556, 441, 341, 225] as const;
const spread = 23;

/** The reverberation of one channel, dry sound left out. */
export function reverb(
  dry: Float32Array,
  { rate, room, damp, right }: { rate: number; room: number; damp: number; right: boolean },
): Float32Array {
  const scale = rate / 44_100;
  const out = new Float32Array(dry.length);
  const off = right ? spread : 0;
  for (const tuned of combs) {
    const line = new Float32Array(Math.max(1, Math.round((tuned + off) * scale)));
    let at = 0;
    let low = 0;
    for (let i = 0; i < dry.length; i++) {
      const x = line[at]!;
      out[i]! += x;
      low = x * (1 - damp) + low * damp;
      line[at] = dry[i]! * 0.03 + low * room;
      at = at + 1 === line.length ? 0 : at + 1;
    }
  }
  for (const tuned of passes) {
    const line = new Float32Array(Math.max(1, Math.round((tuned + off) * scale)));
    let at = 0;
    for (let i = 0; i < out.length; i++) {
      const x = line[at]!;
      const y = x - out[i]!;
      line[at] = out[i]! + x * 0.5;
      out[i] = y;
      at = at + 1 === line.length ? 0 : at + 1;
    }
  }
  return out;
}
