import { concat, fromUtf8, leadingMeta, type MidiChunk, midiText, parseMidi, utf8, writeMidi } from "@inkseal/codec";
import { iptcFromValues } from "../aigc/xmp.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { textLabels } from "../label/text.ts";
import { aigcMark, type Format, foundLabel, iptcMark, noLabel } from "./format.ts";

const [aigcPrefix, sourcePrefix] = ["AIGC=", "DigitalSourceType="];
const textOf = (data: Uint8Array): string => fromUtf8(data) ?? "";
const isOurs = (text: string): boolean => text.startsWith(aigcPrefix) || text.startsWith(sourcePrefix);
const tracksOf = (chunks: readonly MidiChunk[]): MidiChunk[] => chunks.filter((c) => c.id === "MTrk");

const method = "gb45438.text";
const labelIn = (text: string): boolean => Object.values(textLabels).includes(text);

/**
 * No guide names a place in MIDI: the label, AIGC and the IPTC source type are text events at the start of the first track. Players of words and
 * programs of notation show such text; a synthesiser plays notes alone, and what it renders is labelled as sound.
 */
export const midiFormat: Format = {
  async content(bytes, { policy, provenance: { locale } }) {
    if (policy.marks.text === "none") return undefined;
    const midi = parseMidi(bytes);
    const [first] = tracksOf(midi.chunks);
    if (first === undefined) return undefined;
    const { events, rest } = leadingMeta(first.data);
    const kept = events.filter((e) => e.type !== 1 || !labelIn(textOf(e.data))).map((e) => e.bytes);
    const data = concat([midiText(utf8(textLabels[locale])), ...kept, rest]);
    return {
      bytes: writeMidi({ ...midi, chunks: midi.chunks.map((c) => (c === first ? { ...c, data } : c)) }),
      marks: [{ layer: "label", method, data: { where: "head" } }],
    };
  },
  metadata(bytes, aigc, { source }) {
    const midi = parseMidi(bytes);
    const [first] = tracksOf(midi.chunks);
    if (first === undefined) return undefined;
    const type = digitalSourceType(source);
    const chunks = midi.chunks.map((chunk) => {
      if (chunk.id !== "MTrk") return chunk;
      const { events, rest } = leadingMeta(chunk.data);
      const kept = events.filter((e) => e.type !== 1 || !isOurs(textOf(e.data))).map((e) => e.bytes);
      const made = chunk === first ? [aigcPrefix + aigc, sourcePrefix + type].map((text) => midiText(utf8(text))) : [];
      return { ...chunk, data: concat([...made, ...kept, rest]) };
    });
    return { bytes: writeMidi({ ...midi, chunks }), marks: [aigcMark("midi.text"), iptcMark(type)] };
  },
  async read(bytes) {
    const texts = tracksOf(parseMidi(bytes).chunks).flatMap((t) =>
      leadingMeta(t.data).events.flatMap((e) => (e.type === 1 ? [textOf(e.data)] : [])),
    );
    const after = (prefix: string): string[] => texts.filter((t) => t.startsWith(prefix)).map((t) => t.slice(prefix.length));
    const label = texts.find(labelIn);
    return {
      label: label === undefined ? noLabel(method) : foundLabel(method, { where: "head", text: label }),
      aigc: after(aigcPrefix).map((text) => ({ carrier: "midi.text", text })),
      iptc: iptcFromValues(after(sourcePrefix)),
    };
  },
};
