import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { median, medianRatio, runJson } from "./table.ts";

describe("numbers side by side", () => {
  it("takes the middle, or the mean of the middle two, and leaves the list as it was", () => {
    const list = [3, 1, 2];
    expect(median(list)).toBe(2);
    expect(list).toEqual([3, 1, 2]);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
  it("takes the ratio within a round", () => expect(medianRatio([2, 30, 8], [1, 10, 2])).toBe(3));
});

describe("a measured process", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "inkseal-table-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const script = async (name: string, source: string): Promise<string> => {
    const path = join(folder, `${name}.cjs`);
    await writeFile(path, source);
    return path;
  };
  const plain = { command: process.execPath };

  it("answers with its last JSON line, after more output than a pipe holds", async () => {
    const path = await script(
      "talk",
      `console.log("x".repeat(1e6)); console.log('{"a":1}'); console.log('{"a":2}'); console.log("bye")`,
    );
    expect(await runJson(path, [], plain)).toEqual({ a: 2 });
  });
  it("gets arguments and environment", async () => {
    const path = await script("echo", "console.log(JSON.stringify({ args: process.argv.slice(2), word: process.env.WORD }))");
    expect(await runJson(path, ["b", "c"], { ...plain, env: { WORD: "d" } })).toEqual({ args: ["b", "c"], word: "d" });
  });
  it("fails with what it said when it ends badly, says nothing, is late or is not there", async () => {
    const bad = await script("bad", `console.error("no luck"); console.log("{}"); process.exitCode = 3`);
    await expect(runJson(bad, [], plain)).rejects.toThrow(/exit 3\n.*no luck/);
    await expect(runJson(await script("mute", ""), [], plain)).rejects.toThrow(/no JSON line/);
    const slow = await script("slow", "setInterval(() => {}, 1000)");
    await expect(runJson(slow, [], { ...plain, limit: 200 })).rejects.toThrow(/past 200 ms/);
    await expect(runJson(slow, [], { command: "/not/there" })).rejects.toThrow(/ENOENT/);
  });
});
