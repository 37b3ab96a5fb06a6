import tonejs from "@tonejs/midi";
import { expect, test } from "vitest";
import { readAbc } from "../abc/read.ts";
import { keyName } from "../score/key.ts";
import type { Piece } from "../score/piece.ts";
import { midiOf } from "../score/pitch.ts";
import { soundsOf } from "../score/tune.ts";
import { readMidi } from "./read.ts";
import { writeMidi } from "./write.ts";

const tune = readAbc("T:Jig\nM:6/8\nL:1/8\nK:Em\n|:BEE G2A-|A2B c3:|\n(3B2c2d2 e2|E6|]");
const piece: Piece = {
  title: "Jig",
  key: tune.key,
  metre: tune.metre,
  tempo: 112,
  voices: [{ name: "Flute", program: 73, clef: "treble", staff: 0, parts: tune.parts }],
};

test("Tone.js reads the notes, tempo, metre, key and instrument", () => {
  const midi = new tonejs.Midi(writeMidi(piece));
  expect(midi.name).toBe("Jig");
  expect(midi.header.tempos[0]!.bpm).toBeCloseTo(168, 1); // quarters; dotted ones are 112
  expect(midi.header.timeSignatures[0]!.timeSignature).toEqual([6, 8]);
  // one sharp, minor; Tone.js names every signature by its major key
  expect(midi.header.keySignatures[0]).toMatchObject({ key: "G", scale: "minor" });
  const [track] = midi.tracks.filter(({ notes }) => notes.length > 0);
  expect(track!.instrument.number).toBe(73);
  expect(track!.name).toBe("Flute");
  // the first part twice, the tied A once
  const once = [71, 64, 64, 67, 69, 71, 72];
  expect(track!.notes.map(({ midi }) => midi)).toEqual([...once, ...once, 71, 72, 74, 76, 64]);
  const beats = track!.notes.map(({ ticks }) => ticks / midi.header.ppq);
  expect(beats.slice(0, 8)).toEqual([0, 0.5, 1, 1.5, 2.5, 4, 4.5, 6]);
});

test("a melody read back from MIDI is the one that was written", () => {
  const again = readMidi(writeMidi({ ...piece, voices: [{ ...piece.voices[0]!, parts: [tune.parts[0]!] }] }));
  expect(keyName(again.key)).toBe("E minor");
  expect(again.metre).toEqual({ beats: 6, unit: 8 });
  const heard = (t: Pick<typeof again, "parts">) =>
    soundsOf(t).flatMap(({ pitch, held }) => (pitch && !held ? [midiOf(pitch)] : []));
  expect(heard(again)).toEqual([...heard({ parts: [tune.parts[0]!] }), ...heard({ parts: [tune.parts[0]!] })]);
});

test("the key of a file that does not say is guessed, its drums are left out", () => {
  const midi = new tonejs.Midi();
  const track = midi.addTrack();
  [62, 64, 66, 67, 69, 71, 73, 74, 69, 66, 62].forEach((m, i) => {
    track.addNote({ midi: m, ticks: i * 480, durationTicks: 470 });
  });
  const drums = midi.addTrack();
  drums.channel = 9;
  drums.addNote({ midi: 99, ticks: 0, durationTicks: 100 });
  const read = readMidi(midi.toArray());
  expect(keyName(read.key)).toBe("D major");
  expect(soundsOf(read).flatMap(({ pitch }) => (pitch ? [midiOf(pitch)] : []))).toEqual([
    62, 64, 66, 67, 69, 71, 73, 74, 69, 66, 62,
  ]);
});

test("broken files are bad files", () => {
  const file = writeMidi(piece);
  for (const cut of [3, 20, 60, file.length - 30])
    expect(() => readMidi(file.subarray(0, cut))).toThrow(expect.objectContaining({ code: "bad-file" }));
  const empty = new tonejs.Midi();
  empty.addTrack();
  expect(() => readMidi(empty.toArray())).toThrow("no notes");
});
