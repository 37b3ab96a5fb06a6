import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ModelHub, startModelHub, writeTinyGguf } from "@inkseal/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { amountOf, clockOf } from "./amounts.ts";

// The real program, against a hub on this machine.

const bin = join(dirname(fileURLToPath(import.meta.url)), "../../bin/inkseal.mjs");
const minutes = 120_000;
let folder: string;
let hub: ModelHub;
let tiny: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkseal-models-"));
  await writeTinyGguf(join(folder, "mine.gguf"));
  tiny = await readFile(join(folder, "mine.gguf"));
  hub = await startModelHub({ "pub/repo/tiny-Q4_K_M.gguf": tiny, "pub/repo/tiny-Q8_0.gguf": tiny });
});
afterAll(async () => {
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});
const running = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [bin, "models", ...args], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      INKSEAL_HOME: join(folder, "home"),
      LANG: "en_US.UTF-8",
      HF_ENDPOINT: hub.url,
      HF_TOKEN: "hf_very-secret",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
async function ended(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (d) => (stdout += d));
  child.stderr?.on("data", (d) => (stderr += d));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  expect(stdout + stderr).not.toContain("very-secret");
  return { code, stdout, stderr };
}
const models = (...args: string[]): ReturnType<typeof ended> => ended(running(...args));
const lines = (text: string): { type?: string; [key: string]: unknown }[] =>
  text
    .trim()
    .split("\n")
    .map((l) => JSON.parse(l));
const at = (name: string): string => join(folder, "home/models", name);

describe("inkseal models", () => {
  it(
    "pulls, lists with sizes, asks before it removes, and removes",
    async () => {
      const pulled = await models("pull", "hf:pub/repo");
      expect(pulled.code).toBe(0);
      expect(pulled.stdout).toContain("llama/pub/repo/tiny-Q4_K_M");
      expect(pulled.stderr).toContain(`to ${join(folder, "home/models")} on this machine`);
      const own = lines((await models("pull", "mine.gguf", "--json")).stdout);
      expect(own.map((l) => l.type)).toEqual(["started", "file", "finished"]);
      expect(own.at(-1)).toMatchObject({ name: "llama/local/mine", model: { architecture: "llama", licence: "cc0-1.0" } });

      const listed = JSON.parse((await models("list", "llama/", "--json")).stdout);
      expect(listed.models).toMatchObject([
        { name: "llama/local/mine", bytes: tiny.length, place: "local" },
        { name: "llama/pub/repo/tiny-Q4_K_M", bytes: tiny.length },
      ]);
      expect((await models("list", "tiny")).stdout).toMatch(/tiny-Q4_K_M {2}here .* 501\.3 kB/);

      const name = "llama/pub/repo/tiny-Q4_K_M";
      const asked = await models("remove", name);
      expect(asked).toMatchObject({ code: 2, stdout: "" });
      expect(asked.stderr).toContain("--yes");
      expect(existsSync(at("pub/repo/tiny-Q4_K_M.gguf"))).toBe(true);
      const removed = await models("remove", name, "--yes", "--json");
      expect(JSON.parse(removed.stdout)).toMatchObject({ id: "pub/repo/tiny-Q4_K_M", bytes: tiny.length, removed: true });
      expect(existsSync(at("pub"))).toBe(false);
      expect((await models("remove", name, "--yes")).code).toBe(1);
    },
    minutes,
  );

  it(
    "keeps what has come when it is interrupted, says so, and goes on from there",
    async () => {
      hub.mischief = (_ask, response) => {
        response.writeHead(200, { etag: '"v1"', "content-length": tiny.length });
        response.write(tiny.subarray(0, 100_000));
      };
      const child = running("pull", "hf:pub/repo:Q8_0", "--json");
      const over = ended(child);
      while ((await stat(at("pub/repo/tiny-Q8_0.gguf.part")).catch(() => undefined))?.size !== 100_000)
        await new Promise((resolve) => setTimeout(resolve, 20));
      child.kill("SIGINT");
      const { code, stdout } = await over;
      expect(code).toBe(130);
      expect(lines(stdout).slice(-2)).toMatchObject([
        { type: "kept", file: "pub/repo/tiny-Q8_0.gguf", bytes: 100_000, total: tiny.length },
        { error: { code: "cancelled" } },
      ]);
      hub.mischief = undefined;
      const again = await models("list", "nothing-has-this");
      expect(again.stderr).toContain("unfinished: pub/repo/tiny-Q8_0.gguf (100.0/501.3 kB)");
      expect((await models("pull", "hf:pub/repo:Q8_0")).code).toBe(0);
      expect(hub.asks.at(-1)?.headers.range).toBe("bytes=100000-");
      expect(await readFile(at("pub/repo/tiny-Q8_0.gguf"))).toEqual(tiny);
    },
    minutes,
  );

  it(
    "says what it did not understand with 2, and what there is not with 1",
    async () => {
      expect((await models("pull")).code).toBe(2);
      expect(await models("pull", "http://a.example/x.gguf")).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("https:"),
      });
      expect(await models("pull", "hf:pub/repo:Q2_K")).toMatchObject({ code: 1, stderr: expect.stringContaining("tiny-Q8_0") });
      expect((await models("pull", "hf:pub/nothing")).code).toBe(1);
    },
    minutes,
  );
});

describe("amounts", () => {
  it("are in the unit of the whole, and times are clocks", () => {
    expect([amountOf(1.2e9, 4.7e9), amountOf(5e6, 4.7e9), amountOf(0, 0), amountOf(7, 900), amountOf(1500, undefined)]).toEqual(
      ["1.2/4.7 GB", "0.0/4.7 GB", "0/0 B", "7/900 B", "1.5 kB"],
    );
    expect([0.2, 65, 3_600, 11_045].map(clockOf)).toEqual(["0:01", "1:05", "1:00:00", "3:04:05"]);
  });
});
