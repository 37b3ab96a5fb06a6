/**
 * The tokens of chorales. Pitches are MIDI numbers in a piece brought to C major or C minor; the piece's own key is a shift, not a token.
 *
 * Two ways of writing the same music share the pitches, so that each teaches the other:
 * - *sets*, on a grid of quarters, as the JSB benchmark has them: `sets mode (beat top lowest … )* end`, where a frame's notes are its highest, then
 *   the others from the lowest up, and the next frame's first token closes it. Each set has exactly one spelling, so the product over its tokens is its likelihood.
 * - *voices*, on a grid of eighths: `voices mode ahead × 8 ((on | off) ahead S B T A)* end`. `ahead` is the soprano eight eighths on: the harmony knows
 *   where the melody goes, and the melody can be given or made.
 */
export const lookahead = 8;

/** Lowest and highest pitch of any voice. */
export const [lowest, highest] = [30, 86];
/** The soprano's, where it is told ahead. */
export const [lowestAhead, highestAhead] = [52, 86];

export const token = { sets: 0, voices: 1, end: 2, major: 3, minor: 4, beat: 5, on: 6, off: 7, rest: 8, noneAhead: 9 } as const;
const firstPitch = 10;
const firstAhead = firstPitch + (highest - lowest + 1);
export const vocab = firstAhead + (highestAhead - lowestAhead + 1);

export type ChoraleMode = "major" | "minor";
/** Soprano, alto, tenor, bass; undefined rests. */
export type VoiceFrame = readonly [S: number | undefined, A: number | undefined, T: number | undefined, B: number | undefined];

/** Throws RangeError for a pitch that no voice has. */
export function pitchToken(pitch: number | undefined): number {
  if (pitch === undefined) return token.rest;
  if (!(pitch >= lowest && pitch <= highest)) throw new RangeError(`pitch ${pitch} is not in ${lowest} to ${highest}`);
  return firstPitch + pitch - lowest;
}
/** undefined for the rest. */
export const tokenPitch = (id: number): number | undefined =>
  id >= firstPitch && id < firstAhead ? id - firstPitch + lowest : undefined;
export const isPitch = (id: number): boolean => id >= firstPitch && id < firstAhead;

export function aheadToken(pitch: number | undefined): number {
  if (pitch === undefined) return token.noneAhead;
  if (!(pitch >= lowestAhead && pitch <= highestAhead))
    throw new RangeError(`soprano ${pitch} is not in ${lowestAhead} to ${highestAhead}`);
  return firstAhead + pitch - lowestAhead;
}
export const tokenAhead = (id: number): number | undefined => (id >= firstAhead ? id - firstAhead + lowestAhead : undefined);

/** A frame's notes, in any order, as its tokens after `beat`: the highest, then from the lowest up. */
export function setTokens(notes: readonly number[]): number[] {
  const up = [...new Set(notes)].sort((a, b) => a - b);
  return up.length === 0 ? [] : [up.at(-1)!, ...up.slice(0, -1)].map(pitchToken);
}

/** What begins a piece, and must be seen before any of it. */
export const setsHeader = (mode: ChoraleMode): number[] => [token.sets, token[mode]];
export const voicesHeader = (mode: ChoraleMode): number[] => [token.voices, token[mode]];

/** The tokens that tell the soprano of the first frames. */
export const firstAheads = (soprano: readonly (number | undefined)[]): number[] =>
  Array.from({ length: lookahead }, (_, i) => aheadToken(soprano[i]));

/** One frame of voices, on a beat or between two; `ahead` is the soprano `lookahead` frames on. */
export const voiceTokens = (on: boolean, [S, A, T, B]: VoiceFrame, ahead: number | undefined): number[] => [
  on ? token.on : token.off,
  aheadToken(ahead),
  pitchToken(S),
  pitchToken(B),
  pitchToken(T),
  pitchToken(A),
];
export const tokensPerFrame = 6;
