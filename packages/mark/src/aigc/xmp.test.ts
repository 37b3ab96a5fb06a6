import { readXmp } from "@inkseal/codec";
import { expect, test } from "vitest";
import { withGeneratedXmp } from "./xmp.ts";

const core = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/";
const alt = (packet: string): string[] => readXmp(packet, core, "AltTextAccessibility");

test("a picture without an alternative text gets one, as a language alternative; one that somebody wrote stays", () => {
  const made = withGeneratedXmp(undefined, "{}", "algorithmicMedia", "AI-generated <picture>");
  expect(alt(made)).toEqual(["AI-generated <picture>"]);
  expect(made).toContain('<rdf:Alt><rdf:li xml:lang="x-default">AI-generated &lt;picture&gt;</rdf:li></rdf:Alt>');
  const theirs = made.replace("AI-generated &lt;picture&gt;", "A heron at dawn");
  expect(alt(withGeneratedXmp(theirs, "{}", "algorithmicMedia", "AI-generated picture"))).toEqual(["A heron at dawn"]);
  expect(alt(withGeneratedXmp(undefined, "{}", "algorithmicMedia"))).toEqual([]);
  expect(alt(withGeneratedXmp("<no XMP", "{}", "algorithmicMedia", "x"))).toEqual(["x"]);
});
