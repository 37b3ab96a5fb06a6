import { concat, fromUtf8, leadingMeta, type MidiChunk, midiText, parseMidi, utf8, writeMidi } from "@inkseal/codec";
import { iptcFromValues } from "../aigc/xmp.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { aigcMark, type Format, iptcMark } from "./format.ts";

const [aigcPrefix, sourcePrefix] = ["AIGC=", "DigitalSourceType="];
const textOf = (data: Uint8Array): string => fromUtf8(data) ?? "";
const isOurs = (text: string): boolean => text.startsWith(aigcPrefix) || text.startsWith(sourcePrefix);
const tracksOf = (chunks: readonly MidiChunk[]): MidiChunk[] => chunks.filter((c) => c.id === "MTrk");

/** No guide names a place in MIDI: AIGC and the IPTC source type are text events at the start of the first track. */
export const midiFormat: Format = {
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
    return {
      aigc: after(aigcPrefix).map((text) => ({ carrier: "midi.text", text })),
      iptc: iptcFromValues(after(sourcePrefix)),
    };
  },
};
