import { type Decoder, logProbability } from "@inkseal/lab";
import { setsHeader, setTokens, token } from "../../src/melody/chorale/vocabulary.ts";
import type { Chorale } from "./chorale-data.ts";

/**
 * Nats per frame of the benchmark's quarters, each given all before it (as far as the context reaches, at least half of it): for every frame but a
 * piece's first, as Bai et al. 2018 count them, minus the log of the chain of its tokens: each note (the highest, then from the lowest up) and that no
 * further note follows. Each set of notes has one such spelling, so this is −ln p(set), what their 88 Bernoulli variables give too.
 */
export function nllPerFrame(decoder: Decoder, pieces: readonly Chorale[]): { nats: number; frames: number } {
  let nats = 0;
  let frames = 0;
  for (const { mode, sets } of pieces) {
    const header = setsHeader(mode);
    const tokens = sets.map((set) => [token.beat, ...setTokens(set)]);
    let from = 0; // the first frame in the window
    for (let scored = 1; scored < tokens.length; ) {
      // as many frames as fit, the scored ones last
      let to = from;
      let size = header.length + 1;
      while (to < tokens.length && size + tokens[to]!.length <= decoder.context) size += tokens[to++]!.length;
      const ids = [...header, ...tokens.slice(from, to).flat(), to < tokens.length ? token.beat : token.end];
      const sequence = decoder.open();
      const [rows] = decoder.feed([{ sequence, tokens: ids.slice(0, -1) }], true);
      sequence.close();
      let at = header.length;
      for (let t = from; t < to; t++) {
        // a frame's cost: its notes after `beat`, and the `beat` or `end` that closes it
        if (t >= scored) {
          for (let i = at + 1; i <= at + tokens[t]!.length; i++) {
            const closes = i === at + tokens[t]!.length;
            nats -= closes ? logClosed(rows![i - 1]!) : logProbability(rows![i - 1]!, ids[i]!);
          }
          frames++;
        }
        at += tokens[t]!.length;
      }
      scored = Math.max(scored, to);
      from = to - Math.floor((to - from) / 2);
    }
  }
  return { nats: nats / frames, frames };
}
/** That no further note follows: the benchmark does not score where a piece ends. */
function logClosed(logits: Float32Array): number {
  const [beat, end] = [logProbability(logits, token.beat), logProbability(logits, token.end)];
  return Math.log(Math.exp(beat) + Math.exp(end));
}
