import { InksealError } from "@inkseal/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { concat, latin1, utf8 } from "./bytes.ts";
import { leadingMeta, midiText, parseMidi, writeMidi } from "./midi.ts";

test("text events of any length are found again in front of the music", () => {
  const rest = Uint8Array.of(0, 0x90, 60, 64, 96, 0x80, 60, 0, 0, 0xff, 0x2f, 0);
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 400 }), { maxLength: 4 }), (texts) => {
      const track = concat([...texts.map((t) => midiText(utf8(t))), rest]);
      const read = leadingMeta(track);
      expect(read.events.map((e) => [e.type, new TextDecoder("utf-8", { ignoreBOM: true }).decode(e.data)])).toEqual(
        texts.map((t) => [1, t]),
      );
      expect(read.rest).toEqual(rest);
      const file = concat([
        latin1("MThd\0\0\0\x06\0\0\0\x01\0\x60"),
        latin1("MTrk"),
        Uint8Array.of(0, 0, track.length >> 8, track.length),
        track,
      ]);
      expect(writeMidi(parseMidi(file))).toEqual(file);
    }),
  );
});

test("arbitrary bytes give chunks or bad-file", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (junk) => {
      leadingMeta(junk);
      try {
        const file = concat([latin1("MThd\0\0\0\x06\0\0\0\x01\0\x60"), junk]);
        expect(writeMidi(parseMidi(file))).toEqual(file);
      } catch (e) {
        expect(InksealError.is(e) && e.code).toBe("bad-file");
      }
    }),
  );
});
