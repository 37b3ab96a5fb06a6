import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { type FuzzTarget, readCorpus, verdictOf } from "./index.ts";

/** Tests that every seed and every input that was kept in `corpus` is read or refused, and nothing else. */
export function replayCorpus(targets: readonly FuzzTarget[], corpus: URL): void {
  const folder = fileURLToPath(corpus);
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
}
