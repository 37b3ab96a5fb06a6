import { type XmlTag, xmlTags } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { keyOfFifths } from "../midi/read.ts";
import type { Key, Mode } from "../score/key.ts";
import { modes } from "../score/key.ts";
import { midiOf, type Pitch } from "../score/pitch.ts";
import { type Bar, barTicks, type Metre, type Sound, type Tune, ticksOf, wholeTicks } from "../score/tune.ts";

const bad = (message: string): InksealError => new InksealError("bad-file", `MusicXML: ${message}`);

/** The melody of a partwise MusicXML document: its first part's first voice, of chords the highest note. Throws `bad-file`. */
export function readMusicXml(xml: string): Tune {
  const tags = xmlTags(xml);
  if (!tags.some(({ local }) => local === "score-partwise"))
    throw bad("it is not a partwise score; export it as MusicXML, not compressed");
  const root = treeOf(tags, xml);
  const part = find(root, "part") ?? fail("it has no part");
  let divisions = 1;
  let key: Key | undefined;
  let metre: Metre | undefined;
  const bars: Sound[][] = [];
  for (const measure of part.children.filter(({ name }) => name === "measure")) {
    const bar: Sound[] = [];
    let voice: string | undefined;
    for (const item of measure.children) {
      if (item.name === "attributes") {
        divisions = numberIn(item, "divisions") ?? divisions;
        key ??= keyOf(find(item, "key"));
        const time = find(item, "time");
        if (time) metre ??= { beats: numberIn(time, "beats") ?? 4, unit: numberIn(time, "beat-type") ?? 4 };
      }
      if (item.name !== "note" || find(item, "grace")) continue;
      const its = find(item, "voice")?.text ?? "1";
      voice ??= its;
      if (its !== voice) continue;
      const ticks = ((numberIn(item, "duration") ?? 0) * wholeTicks) / 4 / divisions;
      if (!Number.isInteger(ticks) || ticks <= 0) throw bad(`a note of ${ticks}/${wholeTicks} of a whole note is too fine`);
      const pitch = pitchOf(find(item, "pitch"));
      const held = item.children.some(({ name, attributes }) => name === "tie" && attributes.get("type") === "stop");
      const before = bar.at(-1);
      if (find(item, "chord") && before?.pitch && pitch) {
        if (midiOf(pitch) > midiOf(before.pitch)) bar[bar.length - 1] = { ...before, pitch };
      } else if (!find(item, "chord")) bar.push({ ticks, ...(pitch && { pitch }), ...(pitch && held && { held }) });
    }
    if (bar.length > 0) bars.push(bar);
  }
  if (bars.every((bar) => bar.every(({ pitch }) => pitch === undefined))) throw bad("its first part has no notes");
  const title = find(root, "work-title")?.text ?? find(root, "movement-title")?.text;
  const theMetre = metre ?? { beats: 4, unit: 4 };
  const upbeat: Bar = bars.length > 1 && ticksOf(bars[0]!) < barTicks(theMetre) ? bars.shift()! : [];
  return {
    ...(title && { title }),
    key: key ?? { tonic: { letter: 0, alter: 0 }, mode: "major" },
    metre: theMetre,
    parts: [{ upbeat, bars, repeated: false }],
  };
}

interface Node {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Node[];
  text: string;
}
function treeOf(tags: readonly XmlTag[], xml: string): Node {
  const root: Node = { name: "", attributes: new Map(), children: [], text: "" };
  const open: Node[] = [root];
  let starts = 0;
  for (const tag of tags) {
    if (tag.kind === "close") {
      const node = open.pop()!;
      if (node.children.length === 0) node.text = unescaped(xml.slice(starts, tag.start)).trim();
      continue;
    }
    const node: Node = {
      name: tag.local,
      attributes: new Map(tag.attributes.map((a) => [a.local, a.value])),
      children: [],
      text: "",
    };
    open.at(-1)!.children.push(node);
    if (tag.kind === "open") {
      open.push(node);
      starts = tag.end;
    }
  }
  return root;
}
const unescaped = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ({ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" })[name]!);
function find(node: Node, name: string): Node | undefined {
  for (const child of node.children) {
    const found = child.name === name ? child : find(child, name);
    if (found) return found;
  }
  return undefined;
}
const numberIn = (node: Node, name: string): number | undefined => {
  const text = find(node, name)?.text;
  return text === undefined || Number.isNaN(Number(text)) ? undefined : Number(text);
};
function pitchOf(node: Node | undefined): Pitch | undefined {
  if (node === undefined) return undefined;
  const letter = "CDEFGAB".indexOf(find(node, "step")?.text ?? "?");
  const octave = numberIn(node, "octave");
  if (letter < 0 || octave === undefined || octave < 0 || octave > 9) throw bad("a note has no pitch");
  return { step: 7 * octave + letter, alter: numberIn(node, "alter") ?? 0 };
}
function keyOf(node: Node | undefined): Key | undefined {
  if (node === undefined) return undefined;
  const fifths = numberIn(node, "fifths") ?? 0;
  const named = (find(node, "mode")?.text ?? "major") as Mode;
  const mode = modes.includes(named) ? named : "major";
  if (mode === "major" || mode === "minor") return keyOfFifths(fifths, mode);
  // the major key of the signature, and the mode's tonic in it
  const major = keyOfFifths(fifths, "major");
  const degree = { dorian: 1, phrygian: 2, lydian: 3, mixolydian: 4, locrian: 6 }[mode];
  if (major === undefined) return undefined;
  const letter = (major.tonic.letter + degree) % 7;
  const sharps = [3, 0, 4, 1, 5, 2, 6];
  const alter =
    fifths > 0 && sharps.slice(0, fifths).includes(letter)
      ? 1
      : fifths < 0 && sharps.slice(7 + fifths).includes(letter)
        ? -1
        : 0;
  return { tonic: { letter, alter }, mode };
}
function fail(message: string): never {
  throw bad(message);
}
