/** For benches: the data, the likelihood of chorales, and what judges a piece that was made. */
export { readAbc } from "../../src/melody/abc/read.ts";
export { harmonise } from "../../src/melody/chorale/harmonise.ts";
export { parallelRate, voiceRanges } from "../../src/melody/chorale/rules.ts";
export type { VoiceFrame } from "../../src/melody/chorale/vocabulary.ts";
export { parseKey, tonicSemitone } from "../../src/melody/score/key.ts";
export { midiOf } from "../../src/melody/score/pitch.ts";
export { soundsOf, type Tune } from "../../src/melody/score/tune.ts";
export { judgeAbc } from "../../test/abc-judge.ts";
export { readChorales } from "./chorale-data.ts";
export { nllPerFrame } from "./chorale-nll.ts";
export { readTunes } from "./tune-data.ts";
