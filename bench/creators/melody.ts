/**
 * Melody: nats a frame on the JSB chorales by the shipped weights; the share of pieces that keep every hard rule, read by abcjs and Tone.js; notes in a row that
 * stand in a training tune too, beside what tunes that were held out share with them; and parallel fifths and octaves beside Bach's.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type BriefInput, type Plan, parseBrief } from "@inkseal/core";
import { creatorOf, type Maker } from "@inkseal/creators";
import { nodePlace, weightsFolder } from "@inkseal/creators/node";
import {
  harmonise,
  judgeAbc,
  midiOf,
  nllPerFrame,
  parallelRate,
  parseKey,
  readAbc,
  readChorales,
  readTunes,
  soundsOf,
  type Tune,
  tonicSemitone,
  type VoiceFrame,
  voiceRanges,
} from "@inkseal/creators/train/melody";
import { type GptConfig, gptDecoder } from "@inkseal/lab";
import { cpuBackend, loadCompressed } from "@inkseal/lab/node";
import tonejs from "@tonejs/midi";
import { kept } from "../kept.ts";
import { median } from "../lab/table.ts";
import type { Claim, Row } from "../run.ts";

type Options = Parameters<Claim["run"]>[0];
const music = fileURLToPath(new URL("../../../shared/data/music", import.meta.url));
const sources = [
  "packages/creators/src/melody",
  "packages/creators/train/melody",
  "bench/creators/melody.ts",
  "packages/creators/train/melody.ts",
];

export async function melodyRows({ fresh, quick, only, log }: Options): Promise<readonly Row[]> {
  const parts = {
    melody_jsb_nll: nllRow,
    melody_rules_ok: rulesRow,
    melody_copied_notes: copiedRow,
    melody_parallels: parallelsRow,
  };
  const rows: Row[] = [];
  for (const [name, measure] of Object.entries(parts)) {
    if (only !== undefined && !only.has(name)) continue;
    if (name !== "melody_rules_ok" && !existsSync(music)) {
      log(`  ${name}: its music is not in ../shared/data; left out`);
      continue;
    }
    const { value, at, now } = await kept(`creators-${name}`, { sources, fresh }, async () => {
      log(`  ${name}`);
      return await measure(quick);
    });
    rows.push({ ...value, note: `${value.note ?? ""}${now ? "" : `; measured ${at.slice(0, 16)}Z`}` });
  }
  return rows;
}

const backend = () => cpuBackend({ threads: 1 });
async function choraleDecoder() {
  const { config, weights } = await loadCompressed(`${weightsFolder("melody")}chorales`);
  return gptDecoder(backend(), config as GptConfig, weights);
}

async function nllRow(): Promise<Row> {
  const { test } = await readChorales(music);
  const { nats, frames } = nllPerFrame(await choraleDecoder(), test);
  return {
    ...{ name: "melody_jsb_nll", value: nats, unit: "nats", bound: "<8.1" },
    note: `a frame, ${frames} frames of 77 test chorales, int8; a frame is a chain of its notes, not 88 Bernoulli variables; TCN 8.10, GRU 8.43, LSTM 8.45, RNN-NADE 5.56`,
  };
}

async function maker(): Promise<(input: BriefInput, seed: number) => Promise<{ text: string; file: Uint8Array }>> {
  const creator = creatorOf("melody")!;
  const opened: Maker<unknown> = await creator.open(nodePlace(weightsFolder("melody"), 1));
  return async (input, seed) => {
    const plan = { kind: "plan", version: 1, brief: parseBrief(input), model: "inkseal-melody", seed, warnings: [] } as Omit<
      Plan,
      "engine"
    > as Plan;
    let text = "";
    let file = new Uint8Array();
    for await (const chunks of opened.make(await creator.jobOf(plan, seed), new AbortController().signal))
      for (const chunk of chunks) {
        text += chunk.text ?? "";
        if (chunk.media) file = new Uint8Array(chunk.media.bytes);
      }
    return { text, file };
  };
}

const scales = {
  major: [0, 2, 4, 5, 7, 9, 11],
  minor: [0, 2, 3, 5, 7, 8, 10],
  dorian: [0, 2, 3, 5, 7, 9, 10],
  mixolydian: [0, 2, 4, 5, 7, 9, 10],
} as const;

/** Every combination a few times: bars counted and full, notes in key and in the instrument's reach, the tonic last; chorales' voices in range and order. */
async function rulesRow(quick: boolean): Promise<Row> {
  const make = await maker();
  let [kept, all] = [0, 0];
  const count = (holds: boolean): void => {
    all++;
    if (holds) kept++;
  };
  const metres = ["4/4", "2/4", "3/4", "6/8", "9/8"] as const;
  const tonics = ["C", "D", "Eb", "F#", "G", "A", "Bb"] as const;
  const modes = ["major", "minor", "dorian", "mixolydian"] as const;
  const seeds = quick ? 1 : 2;
  let seed = 0;
  for (const metre of metres)
    for (const mode of modes)
      for (let s = 0; s < seeds; s++) {
        const tonic = tonics[seed++ % tonics.length]!;
        const key = parseKey(`${tonic} ${mode}`);
        if (key === undefined) continue; // more than seven signs
        const bars = 4 + (seed % 29);
        const own = { key: tonic, mode, metre, bars };
        const { text } = await make({ task: "completion", text: "a tune", controls: { own } }, seed);
        const [voice = []] = judgeAbc(text).voices;
        const [over, under] = metre.split("/").map(Number) as [number, number];
        const home = tonicSemitone(key);
        const full = voice.every((bar) => Math.abs(bar.reduce((sum, { length }) => sum + length, 0) - over / under) < 1e-6);
        const { file } = await make({ task: "music", text: "a tune", controls: { own, format: "midi" } }, seed);
        const notes = new tonejs.Midi(file).tracks.flatMap((track) => track.notes);
        const inKey = notes.every(({ midi }) => (scales[mode] as readonly number[]).includes((midi - home + 120) % 12));
        const inReach = notes.every(({ midi }) => midi >= 55 && midi <= 86);
        count(voice.length === bars && full && inKey && inReach && (notes.at(-1)!.midi - home + 120) % 12 === 0);
      }
  for (let s = 0; s < (quick ? 3 : 10); s++) {
    const { file } = await make(
      { task: "music", text: "a chorale", controls: { own: { key: tonics[s % 7]!, bars: 4 + s }, format: "midi" } },
      s,
    );
    const midi = new tonejs.Midi(file);
    const voices = midi.tracks.filter(({ notes }) => notes.length > 0).map(({ notes }) => notes);
    const ranged =
      voices.length === 4 &&
      voices.every((notes, v) => notes.every((n) => n.midi >= voiceRanges[v]![0] && n.midi <= voiceRanges[v]![1]));
    const times = voices.flat().map(({ ticks }) => ticks);
    const at = (v: number, time: number) => voices[v]!.find((n) => n.ticks <= time && n.ticks + n.durationTicks > time)?.midi;
    const ordered = times.every((time) => [1, 2, 3].every((v) => (at(v, time) ?? 0) <= (at(v - 1, time) ?? 127)));
    count(ranged && ordered && midi.tracks.flatMap((t) => t.notes).length > 0);
  }
  return {
    ...{ name: "melody_rules_ok", value: kept / all, unit: "share", bound: "==1" },
    note: `${kept} of ${all} pieces: bars counted and full (abcjs), key, reach and last note (Tone.js), chorales' ranges and order (Tone.js)`,
  };
}

/** A tune as steps from note to note and lengths against the one before, so that another key or speed is the same. */
function contour(tune: Pick<Tune, "parts">): string[] {
  const notes = soundsOf(tune).flatMap(({ pitch, ticks }) => (pitch ? [{ midi: midiOf(pitch), ticks }] : []));
  return notes.slice(1).map(({ midi, ticks }, i) => `${midi - notes[i]!.midi}:${ticks / notes[i]!.ticks}`);
}
const shortest = 6;
/** Where runs of six steps stand in the training tunes, from which longer ones are followed. */
class Runs {
  readonly #places = new Map<string, (readonly [tune: number, at: number])[]>();
  readonly #contours: readonly (readonly string[])[];
  constructor(contours: readonly (readonly string[])[]) {
    this.#contours = contours;
    contours.forEach((contour, tune) => {
      for (let at = 0; at + shortest <= contour.length; at++) {
        const key = contour.slice(at, at + shortest).join(" ");
        const there = this.#places.get(key);
        if (there) there.push([tune, at]);
        else this.#places.set(key, [[tune, at]]);
      }
    });
  }
  /** The longest run of a contour that stands in a training tune too, in notes: a run of n steps is n + 1 of them. */
  longest(contour: readonly string[]): number {
    let best = shortest - 1;
    for (let i = 0; i + best < contour.length; i++)
      for (const [tune, at] of this.#places.get(contour.slice(i, i + shortest).join(" ")) ?? []) {
        const other = this.#contours[tune]!;
        let length = shortest;
        while (i + length < contour.length && contour[i + length] === other[at + length]) length++;
        best = Math.max(best, length);
      }
    return best + 1;
  }
}

async function copiedRow(quick: boolean): Promise<Row> {
  const { train, held } = await readTunes(music);
  const runs = new Runs(train.map(({ tune }) => contour(tune)));
  const make = await maker();
  const briefs = ["a reel in D", "a jig in G", "a hornpipe in A", "an air in E minor", "a march in D"];
  const ours: number[] = [];
  const lengths: number[] = [];
  for (let i = 0; i < (quick ? 10 : 50); i++) {
    const { text } = await make({ task: "completion", text: `${briefs[i % briefs.length]}, 16 bars` }, 100 + i);
    const steps = contour(readAbc(text));
    ours.push(runs.longest(steps));
    lengths.push(steps.length + 1);
  }
  const theirs = held.slice(0, quick ? 20 : 100).map(({ tune }) => runs.longest(contour(tune)));
  return {
    ...{ name: "melody_copied_notes", value: median(ours), unit: "notes", bound: "<24" },
    note: `median of the longest run that a training tune has too, in any key; longest ${Math.max(...ours)}, of ${median(lengths)} notes a tune; held-out tunes share ${median(theirs)} (longest ${Math.max(...theirs)})`,
  };
}

async function parallelsRow(quick: boolean): Promise<Row> {
  const { test } = await readChorales(music);
  const decoder = await choraleDecoder();
  const ours = { parallels: 0, changes: 0 };
  const bach = { parallels: 0, changes: 0 };
  const add = (sum: typeof ours, frames: readonly VoiceFrame[]): void => {
    const { parallels, changes } = parallelRate(frames);
    sum.parallels += parallels;
    sum.changes += changes;
  };
  let [same, chords] = [0, 0];
  for (const { mode, voices } of test.slice(0, quick ? 4 : 20)) {
    const soprano = voices.map(([S]) => S!);
    if (soprano.some((p) => p < 60 || p > 81)) continue;
    const options = {
      mode,
      shift: 0,
      soprano,
      beats: voices.map((_, i) => i % 2 === 0),
      temperature: 0.85,
      topP: 0.95,
      seed: 1,
      candidates: 4,
    };
    for await (const step of harmonise(decoder, { ...options, signal: new AbortController().signal })) {
      if (typeof step === "number") continue;
      add(ours, step.frames);
      add(bach, voices);
      for (const [t, frame] of step.frames.entries()) {
        chords++;
        if (frame.every((p, v) => (p! - voices[t]![v]!) % 12 === 0)) same++;
      }
    }
  }
  return {
    ...{ name: "melody_parallels", value: (100 * ours.parallels) / ours.changes, unit: "%", bound: "<4.5" },
    note: `parallel fifths and octaves in 100 changes of chord under melodies of the test split; Bach ${((100 * bach.parallels) / bach.changes).toFixed(2)}, whose edition does not say where a note is struck again; ${((100 * same) / chords).toFixed(0)} % of the chords are Bach's own`,
  };
}
