import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extensionOf, mediaTypeOf, sniff } from "./sniff.ts";

const latin = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

describe("sniff", () => {
  it.each([
    ["image/png", "\x89PNG\r\n\x1a\n\0\0"],
    ["image/jpeg", "\xff\xd8\xff\xe0"],
    ["image/webp", "RIFF\x10\0\0\0WEBPVP8 "],
    ["audio/wav", "RIFF\x10\0\0\0WAVEfmt "],
    ["image/avif", "\0\0\0\x20ftypavif"],
    ["audio/mp4", "\0\0\0\x20ftypM4A "],
    ["video/mp4", "\0\0\0\x20ftypisom"],
    ["application/pdf", "%PDF-1.7"],
    ["application/x-gguf", "GGUF\x03\0\0\0"],
    ["image/svg+xml", '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'],
    ["image/svg+xml", '<!-- drawn --> <svg xmlns="http://www.w3.org/2000/svg"/>'],
    ["image/svg+xml", '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x"><svg/>'],
    ["audio/mpeg", "ID3\x04\0\0\0\0\0\x01\0\xff\xfb"],
    ["audio/flac", "ID3\x04\0\0\0\0\0\x02\0\0fLaC"],
    [
      "application/vnd.recordare.musicxml+xml",
      '<?xml version="1.0"?>\n<!DOCTYPE score-partwise PUBLIC "a" "b">\n<score-partwise version="4.0">',
    ],
    ["text/vnd.abc", "%abc-2.1\nX: 1\nT:Reel\nK:D\nDFAd|"],
    ["text/plain", "X: 1\nno music"],
    ["text/html", "<!DOCTYPE html><p>"],
    ["text/plain", "just words"],
    ["application/octet-stream", "RIFF\x10\0\0\0"],
    ["application/octet-stream", "\x89PN"],
    ["application/octet-stream", ""],
  ])("knows %s", (type, text) => expect(sniff(latin(text))).toBe(type));
  it("knows UTF-8 text, even when a character is cut at the edge it looks up to", () => {
    expect(sniff(new TextEncoder().encode("人工智能生成的内容"))).toBe("text/plain");
    expect(sniff(new TextEncoder().encode(`a${"字".repeat(3000)}`))).toBe("text/plain");
  });
  it("answers for any bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => /^[a-z]+\/[a-z0-9.+-]+$/.test(sniff(bytes))));
  });
  it("maps names and types both ways", () => {
    expect(mediaTypeOf("a/b.JPEG")).toBe("image/jpeg");
    expect(extensionOf("text/plain; charset=utf-8")).toBe("txt");
    expect(mediaTypeOf("noextension")).toBeUndefined();
  });
});
