import { InksealError } from "@inkseal/core";
import type { SeededRandom } from "@inkseal/lab";
import type { MelodyControls } from "./controls.ts";
import { moods } from "./habits.ts";
import { type Key, modes, parseKey } from "./score/key.ts";

/** The key that is asked for; else one that is usual in the mode. Throws `bad-request`. */
export function chosenKey(own: MelodyControls, usual: Readonly<Record<string, readonly string[]>>, random: SeededRandom): Key {
  if (own.key !== undefined) {
    const key = parseKey(own.key);
    if (key === undefined)
      throw new InksealError("bad-request", `the key "${own.key}" is not known; write D, F#m, Ador, Bb major or 降B大调`, {
        param: "controls.own.key",
      });
    // "D" with mode "minor" is D minor
    const bare = /^\s*[A-G][#b♯♭]?\s*$/.test(own.key);
    return bare && own.mode !== undefined && modes.includes(own.mode) ? { ...key, mode: own.mode } : key;
  }
  const mode = own.mode ?? (own.mood && moods[own.mood].mode) ?? (random() < 0.75 ? "major" : "minor");
  const keys = usual[mode]!;
  return parseKey(keys[random.below(keys.length)]!)!;
}
