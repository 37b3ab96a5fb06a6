import { InksealError } from "@inkseal/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { concat, fromLatin1, latin1 } from "./bytes.ts";
import { parsePdf } from "./pdf.ts";
import { dictionary, elements, literal, referenced, stringOf, valueEnd, written } from "./pdf-syntax.ts";
import { nextNumber, updatePdf } from "./pdf-update.ts";

/** A catalog and a stream, with a table; `extra` stands in the catalog. */
function pdf(extra = ""): Uint8Array {
  const objects = [`<</Type /Catalog ${extra}>>`, "<</Length 3 0 R>>\nstream\nabcde\nendstream", "5"];
  let out = "%PDF-1.7\n";
  const rows = objects.map((o, i) => {
    const row = `${String(out.length).padStart(10, "0")} 00000 n \n`;
    out += `${i + 1} 0 obj\n${o}\nendobj\n`;
    return row;
  });
  return latin1(
    `${out}xref\n0 4\n0000000000 65535 f \n${rows.join("")}trailer\n<</Size 4 /Root 1 0 R>>\nstartxref\n${out.length}\n%%EOF\n`,
  );
}

test("values of every kind end where they end", () => {
  const values = [
    "<</A [1 2 <</B (x\\)()y)>>]>>",
    "[/Name#20x 12 0 R true null]",
    "<48656c>",
    "(a(b)\\\\)",
    "-1.5",
    "12 0 R",
    "/X",
  ];
  for (const v of values) expect(valueEnd(`% note\n ${v} /next`, 0)).toBe(8 + v.length);
  const dict = dictionary(`<< /A ${values[0]} /B/C /D 3 0 R/E(x)>>`);
  expect([...dict]).toEqual([
    ["A", values[0]],
    ["B", "/C"],
    ["D", "3 0 R"],
    ["E", "(x)"],
  ]);
  expect(dictionary(written(dict))).toEqual(dict);
  expect(elements("[1 [2 3] 4 0 R]")).toEqual(["1", "[2 3]", "4 0 R"]);
  expect([referenced("4 0 R"), referenced("4"), referenced(undefined)]).toEqual([4, undefined, undefined]);
  expect(stringOf("(a\\(b\\)\\\\\\101\\n\\\nc)")).toBe("a(b)\\A\nc");
  expect([stringOf("<414>"), stringOf("/x")]).toEqual(["A@", undefined]);
  fc.assert(
    fc.property(fc.stringMatching(/^[ -~]*$/), (text) => {
      expect(stringOf(literal(text))).toBe(text);
    }),
  );
});

test("an update leaves the file as it is and its objects win; streams stand where it says", () => {
  const file = pdf();
  const first = parsePdf(file);
  expect([first.streamed, fromLatin1(first.stream(2)!.data)]).toEqual([false, "abcde"]);
  const number = nextNumber(first);
  const { file: out, streams } = updatePdf(file, first, [
    { number: 1, value: "<</Type /Catalog /New true>>" },
    { number, value: "<</Length 3>>", stream: latin1("xyz") },
  ]);
  expect(out.subarray(0, file.length)).toEqual(file);
  const second = parsePdf(out);
  expect(second.object(1)).toContain("/New true");
  expect(second.stream(number)).toEqual({ data: latin1("xyz"), offset: streams[0] });
  expect([nextNumber(second), second.object(99), fromLatin1(second.stream(2)!.data)]).toEqual([number + 1, undefined, "abcde"]);
});

test("a file whose sections go round in circles, or that is encrypted, is read or refused in bounded time", () => {
  const text = fromLatin1(pdf());
  const at = text.indexOf("xref\n");
  expect(parsePdf(latin1(text.replace("/Size 4", `/Size 4 /Prev ${at}`))).object(3)).toContain("5");
  const locked = latin1(text.replace("/Root 1 0 R", "/Root 1 0 R /Encrypt 2 0 R"));
  expect(() => parsePdf(locked)).toThrowError(expect.objectContaining({ code: "bad-file" }));
  const huge = latin1(text.replace("0 4\n", "0 4000000000\n"));
  expect(() => parsePdf(huge)).toThrowError(expect.objectContaining({ code: "bad-file" }));
});

test("cut or changed anywhere, it parses or is bad-file", () => {
  const seed = concat([pdf("/AF [2 0 R]")]);
  fc.assert(
    fc.property(fc.nat(seed.length), fc.nat(seed.length - 1), fc.nat(255), (cut, at, value) => {
      const bad = seed.slice(0, seed.length - (cut > 60 ? 0 : cut));
      if (at < bad.length) bad[at] = value;
      try {
        const read = parsePdf(bad);
        for (let n = 0; n < 6; n++) {
          read.object(n);
          read.stream(n);
        }
      } catch (e) {
        expect(InksealError.is(e) && e.code).toBe("bad-file");
      }
    }),
    { numRuns: 400 },
  );
});
