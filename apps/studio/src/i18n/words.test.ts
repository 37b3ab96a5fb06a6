import { errorTable, Locale } from "@inkseal/core";
import { expect, it } from "vitest";
import { words } from "./words.ts";

/** Every said sentence with its place in the table; functions are called with stand-ins. */
function* sentences(node: unknown, path: string): Generator<readonly [string, Record<string, unknown>]> {
  const said: unknown = typeof node === "function" ? node(2, 2) : node;
  const record = said as Record<string, unknown>;
  if ("zh-CN" in record || "en" in record) yield [path, record];
  else for (const [name, child] of Object.entries(record)) yield* sentences(child, `${path}.${name}`);
}

it("says everything in every locale", () => {
  const all = [...sentences(words, "words")];
  expect(all.length).toBeGreaterThan(150);
  for (const [path, said] of all)
    for (const locale of Locale.options) expect(`${path} ${locale}: ${said[locale]}`).toMatch(/: (?!undefined).*\S/);
});

it("says Chinese in zh-CN and no Chinese in en", () => {
  // names that are the same everywhere
  const names = new Set([
    "words.shelf.digest",
    "words.terms.mark.aigc",
    "words.terms.mark.c2pa",
    "words.terms.mark.iptc",
    "words.terms.where",
  ]);
  for (const [path, said] of sentences(words, "words")) {
    if (!names.has(path)) expect(`${path}: ${said["zh-CN"]}`).toMatch(/\p{Script=Han}/u);
    expect(`${path}: ${said.en}`).not.toMatch(/\p{Script=Han}/u);
  }
});

it("knows what to say of every error code", () => {
  expect(Object.keys(words.errors).sort()).toEqual(Object.keys(errorTable).sort());
});
