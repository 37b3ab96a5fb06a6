import { type Decoder, logProbability } from "@inkseal/lab";
import { type ChoraleMode, setsHeader, setTokens, token } from "../../src/melody/chorale/vocabulary.ts";
import type { Chorale } from "./chorale-data.ts";

/**
 * Nats per frame of the benchmark's quarters, each given all before it (as far as the context reaches, at least half of it): for every frame but a
 * piece's first, as Bai et al. 2018 count them, minus the log of the chain of its tokens: each note (the highest, then from the lowest up) and that no
 * further note follows. Each set of notes has one such spelling, so this is −ln p(set), what their 88 Bernoulli variables give too. The mode that stands
 * before a piece is not told: both are tried, each with chance ½, for the whole piece.
 */
export function nllPerFrame(decoder: Decoder, pieces: readonly Chorale[]): { nats: number; frames: number } {
  let nats = 0;
  let frames = 0;
  for (const { sets } of pieces) {
    const [major, minor] = (["major", "minor"] as const).map((mode) => natsOf(decoder, mode, sets)) as [number, number];
    const least = Math.min(major, minor);
    nats += least - Math.log(0.5 * Math.exp(least - major) + 0.5 * Math.exp(least - minor));
    frames += sets.length - 1;
  }
  return { nats: nats / frames, frames };
}

/** Of all frames of a piece but the first. */
function natsOf(decoder: Decoder, mode: ChoraleMode, sets: Chorale["sets"]): number {
  let nats = 0;
  const header = setsHeader(mode);
  const tokens = sets.map((set) => [token.beat, ...setTokens(set)]);
  let from = 0; // the first frame in the window
  for (let scored = 1; scored < tokens.length; ) {
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
      for (let i = at + 1; t >= scored && i <= at + tokens[t]!.length; i++)
        nats -= i === at + tokens[t]!.length ? logClosed(rows![i - 1]!) : logProbability(rows![i - 1]!, ids[i]!);
      at += tokens[t]!.length;
    }
    scored = Math.max(scored, to);
    from = to - Math.floor((to - from) / 2);
  }
  return nats;
}
/** That no further note follows: the benchmark does not score where a piece ends. */
function logClosed(logits: Float32Array): number {
  const [beat, end] = [logProbability(logits, token.beat), logProbability(logits, token.end)];
  return Math.log(Math.exp(beat) + Math.exp(end));
}
