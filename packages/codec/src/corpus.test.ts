import { fileURLToPath } from "node:url";
import { readCorpus, verdictOf } from "@inkseal/testkit";
import { describe, expect, test, vi } from "vitest";
import { targets } from "../test/fuzz.ts";

const folder = fileURLToPath(new URL("../test/corpus", import.meta.url));
vi.spyOn(console, "error").mockImplementation(() => undefined);

describe("what the fuzzer kept is read or refused, and nothing else", () => {
  test.each(targets.map((t) => [t.name, t] as const))("%s", async (name, target) => {
    const seeds = await target.seeds();
    expect(seeds.length).toBeGreaterThan(0);
    // a seed that is refused leads nowhere
    for (const input of seeds) await target.run(input);
    for (const input of readCorpus(folder, name)) expect(await verdictOf(target, input)).toBeUndefined();
  });
});
