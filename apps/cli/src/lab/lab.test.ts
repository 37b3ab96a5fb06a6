import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodePng, encodePng, parsePng, writePng } from "@inkseal/codec";
import { CharTokenizer, GptConfigSchema, initialGpt, seededRandom } from "@inkseal/lab";
import { saveModel } from "@inkseal/lab/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../run-cli.ts";

// On a model that trains in a second: in this process, and where a signal stops it in one of its own.

const bin = join(dirname(fileURLToPath(import.meta.url)), "../../bin/inkseal.mjs");
/** The longest takes some 10 seconds; on a busy machine many times that. */
const minutes = 300_000;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkseal-lab-"));
  await writeFile(join(folder, "seal.txt"), "a seal is pressed on paper. the ink dries. ".repeat(150));
  await writeFile(join(folder, "unseen.txt"), "the ink dries. a seal is pressed on paper. ".repeat(12));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The program in a process of its own. */
const running = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [bin, "lab", ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, INKSEAL_HOME: at("home"), LANG: "en_US.UTF-8" },
    stdio: ["ignore", "pipe", "pipe"],
  });
interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
async function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (d) => (stdout += d));
  child.stderr?.on("data", (d) => (stderr += d));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stdout, stderr };
}
type Line = { type?: string; [key: string]: unknown };
const at = (name: string): string => join(folder, name);
/** The same in this process: a start costs seconds. */
async function inkseal(...args: string[]): Promise<Ended> {
  const said = { stdout: "", stderr: "" };
  const tape = (to: keyof typeof said) => ({
    write(part: string | Uint8Array): boolean {
      said[to] += part;
      return true;
    },
  });
  const env = { HOME: folder, INKSEAL_HOME: at("home"), LANG: "en_US.UTF-8" };
  const world = { env, stdout: tape("stdout"), stderr: tape("stderr"), signal: new AbortController().signal };
  return { code: await runCli(args, world as never), ...said };
}
const here = (...args: string[]): Promise<Ended> => inkseal("lab", ...args);
const lines = (text: string): Line[] =>
  text
    .trim()
    .split("\n")
    .map((l) => JSON.parse(l));
async function configured(name: string, more: object): Promise<string> {
  const sample = JSON.parse(await readFile(join(folder, "seal.json"), "utf8"));
  await writeFile(join(folder, name), JSON.stringify({ ...sample, ...more }));
  return name;
}
const tiny = {
  model: { kind: "gpt", context: 32, layers: 1, width: 64, heads: 2 },
  ...{ steps: 60, batch: 4, warmup: 4, learningRate: 0.01, evaluateEvery: 20, evaluateBatches: 2, checkpointEvery: 20 },
  threads: 1,
};

describe("inkseal lab", () => {
  it(
    "writes a configuration, trains by it, records it, and says what came of it",
    async () => {
      expect((await here("init", "gpt", "--data", at("seal.txt"), "-o", at("seal.json"))).code).toBe(0);
      const again = await here("init", "gpt", "-o", at("seal.json"));
      expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("-o") });
      const trained = await here("train", at(await configured("tiny.json", { ...tiny, out: at("runs/tiny") })));
      expect(trained.code, trained.stderr).toBe(0);
      expect(trained.stderr).toMatch(/parameters, about [\d.]+ MB of memory, 128 tokens a step/);
      expect(trained.stderr).toMatch(/step 60\/60 {2}loss [\d.]+ {2}held out [\d.]+ .*tokens\/s .*J {2}.*g CO2e/);
      expect(trained.stdout).toMatch(/steps +60 \(finished\)/);
      expect(trained.stdout).toMatch(/ledger +row 1, [0-9a-f]{16}/);
      const sample = JSON.parse(await readFile(join(folder, "seal.json"), "utf8"));
      expect(sample.out).toBe(join(folder, "home/lab/seal")); // where the engine `lab` looks
      const info = JSON.parse((await here("info", at("runs/tiny"), "--json")).stdout);
      expect(info).toMatchObject({ kind: "gpt", compression: null, config: { width: 64 }, training: { step: 60 } });
      expect(info.training.loss).toBeLessThan(2);
    },
    minutes,
  );

  it(
    "keeps a step when it is interrupted, says so, and goes on from there to the same model",
    async () => {
      const config = await configured("stopped.json", { ...tiny, steps: 400, out: at("runs/stopped") });
      const child = running("train", config, "--json");
      const over = ended(child);
      await new Promise<void>((resolve) => child.stdout?.on("data", (d) => String(d).includes('"step":30,') && resolve()));
      child.kill("SIGINT");
      const { code, stdout } = await over;
      expect(code).toBe(130);
      const events = lines(stdout);
      const kept = events.find((e) => e.type === "kept")!;
      expect(kept.step).toBeGreaterThanOrEqual(30);
      expect(events.find((e) => e.type === "end")).toMatchObject({ reason: "cancelled", step: kept.step });
      expect(events.find((e) => e.type === "recorded")).toMatchObject({ row: { status: "cancelled", task: "training" } });
      expect(events.at(-1)).toMatchObject({ error: { code: "cancelled" } });
      const resumed = await here("train", at(config));
      expect(resumed).toMatchObject({ code: 0, stderr: expect.stringContaining(`checkpoint of step ${kept.step}`) });
      expect(resumed.stdout).toContain("400 (finished)");
    },
    minutes,
  );

  it(
    "generates: the same seed says the same, and a pattern holds",
    async () => {
      const said = await here("generate", at("runs/stopped"), "a seal", "--seed", "5", "--max-tokens", "20");
      expect(said).toMatchObject({ code: 0, stderr: expect.stringMatching(/^20 tokens, .*tokens\/s, .*J, seed 5\n$/) });
      expect(said.stdout).toMatch(/^a seal.{20}\n$/);
      expect((await here("generate", at("runs/stopped"), "a seal", "--seed", "5", "--max-tokens", "20")).stdout).toBe(
        said.stdout,
      );
      const matched = JSON.parse((await here("generate", at("runs/stopped"), "--regex", "the [a-z]+\\.", "--json")).stdout);
      expect(matched.text).toMatch(/^the [a-z]+\.$/);
      await writeFile(join(folder, "list.gbnf"), 'root ::= "ink" (" " "ink")*');
      const listed = JSON.parse((await here("generate", at("runs/stopped"), "--grammar", at("list.gbnf"), "--json")).stdout);
      expect(listed.text).toMatch(/^ink( ink)*$/);
      const stopped = await here(
        "generate",
        at("runs/stopped"),
        "a seal",
        "--temperature",
        "0",
        "--stop",
        ".",
        "--max-tokens",
        "26",
      );
      expect(stopped.stdout).not.toContain(".");
    },
    minutes,
  );

  it(
    "compresses: one table, the chosen model written, read again and exported",
    async () => {
      const run = await here(
        "compress",
        at("runs/stopped"),
        "--text",
        at("unseen.txt"),
        "--int8",
        "--prune",
        "0.5",
        "-o",
        at("small"),
        "--max-cost",
        "9",
      );
      expect(run.code, run.stderr).toBe(0);
      const table = run.stdout.split("\n");
      expect(table[0]).toMatch(/^model +size +smaller +tokens\/s +J\/1000 tokens +perplexity +cost$/);
      expect(table.slice(1, 5).map((row) => row.split(/ {2,}/)[0])).toEqual([
        "fp32",
        "int8",
        "pruned 50 %",
        "pruned 50 % int8",
      ]);
      expect(new Set(table.slice(0, 5).map((row) => row.indexOf("B  "))).size).toBeLessThanOrEqual(2);
      expect(run.stdout).toMatch(/wrote pruned 50 % int8 to \S+small \([\d.]+ kB → [\d.]+ kB\)/);
      expect(JSON.parse((await here("info", at("small"), "--json")).stdout)).toMatchObject({ compression: "pruned 50 % int8" });
      expect(await here("generate", at("small"), "a seal", "--max-tokens", "8")).toMatchObject({ code: 0 });
      for (const [to, magic] of [
        ["gguf", "GGUF"],
        ["onnx", "\b"],
        ["safetensors", ""],
      ] as const) {
        expect((await here("export", at("small"), "--to", to, "-o", at(`model.${to}`))).code).toBe(0);
        expect((await readFile(at(`model.${to}`))).toString("latin1")).toMatch(new RegExp(`^${magic}`));
      }
      const json = lines(
        (await here("compress", at("runs/tiny"), "--text", at("unseen.txt"), "--int4", "--json", "-o", at("four"))).stdout,
      );
      expect(json.map((l) => l.name)).toEqual(["fp32", "int4", "int4"]);
      expect(json[1]).toMatchObject({ type: "row", cost: expect.any(Number), perplexity: expect.any(Number) });
      expect(json[1]).not.toHaveProperty("candidate");
      expect(json[2]).toMatchObject({ type: "written", folder: at("four"), bytes: json[1]!.bytes });
    },
    minutes,
  );

  it(
    "teaches a student by a configuration, and compares it",
    async () => {
      const model = { ...tiny.model, width: 16 };
      const distil = { teacher: at("runs/stopped/model"), temperature: 2, weight: 0.5 };
      expect(
        (await here("train", at(await configured("student.json", { ...tiny, model, distil, out: at("home/lab/student") }))))
          .code,
      ).toBe(0);
      const run = await here("compress", at("runs/stopped"), "--text", at("unseen.txt"), "--student", "student");
      expect(run.code, run.stderr).toBe(0);
      expect(run.stdout).toMatch(/\nstudent .* kB/);
      const two = ["--student", "student", "--student", at("runs/tiny"), "--pick", "student tiny", "-o", at("picked")];
      const picked = await here("compress", at("runs/stopped"), "--text", at("unseen.txt"), ...two);
      expect(picked.code, picked.stderr).toBe(0);
      expect(picked.stdout).toMatch(/\nstudent student .*\nstudent tiny .*\n.*wrote student tiny to /);
      const served = await inkseal("make", "complete", "a seal", "--model", "lab/student", "--max-tokens", "8");
      expect(served.code, served.stderr).toBe(0);
      expect(served.stderr).toContain("lab/student");
    },
    minutes,
  );

  it(
    "generates with drafts what it generates without",
    async () => {
      const say = async (...more: string[]) => {
        const args = ["generate", at("runs/stopped"), "a seal", "--temperature", "0", "--json", ...more];
        const run = await here(...args);
        expect(run.code, run.stderr).toBe(0);
        return JSON.parse(run.stdout);
      };
      for (const way of [[], ["--stop", "dries"], ["--regex", "[a-z ]+\\."]]) {
        const plain = await say("--max-tokens", "24", ...way);
        expect(plain).not.toHaveProperty("drafted");
        for (const draft of ["student", "prompt"]) {
          const { text, tokens, stop, drafted, accepted } = await say("--max-tokens", "24", ...way, "--draft", draft);
          expect({ text, tokens, stop }).toEqual({ text: plain.text, tokens: plain.tokens, stop: plain.stop });
          expect(drafted).toBeGreaterThan(0);
          expect(accepted).toBeLessThanOrEqual(drafted);
        }
      }
      const told = await here("generate", at("runs/stopped"), "a seal", "--max-tokens", "8", "--draft", "student");
      expect(told.stderr).toMatch(/^8 tokens, .*tokens\/s, .*\n\d+ of \d+ drafted tokens accepted\n$/);
      const config = GptConfigSchema.parse({ kind: "gpt", vocab: 2, context: 32, layers: 1, width: 8, heads: 1 });
      const weights = initialGpt(config, seededRandom(1));
      await saveModel(at("runs/other"), { weights, config, tokenizer: new CharTokenizer(["水", "墨"]) });
      const other = await here("generate", at("runs/stopped"), "a seal", "--draft", at("runs/other"));
      expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining("has other tokens than the model") });
    },
    minutes,
  );

  it(
    "samples a table's rows, on a condition",
    async () => {
      const rows = Array.from({ length: 200 }, (_, i) => `${i % 3 === 0 ? "red" : "black"},${20 + (i % 7)}`);
      await writeFile(at("inks.csv"), `ink,age\n${rows.join("\n")}\n`);
      expect((await here("init", "ctgan", "--data", at("inks.csv"), "-o", at("inks.json"))).code).toBe(0);
      const config = JSON.parse(await readFile(at("inks.json"), "utf8"));
      await writeFile(at("inks.json"), JSON.stringify({ ...config, steps: 4, batch: 16, evaluateEvery: 4, warmup: 1 }));
      const trained = await here("train", at("inks.json"));
      expect(trained.code, trained.stderr).toBe(0);
      expect(trained.stderr).toContain("examples a step");
      const sampled = await here("sample", "inks", "--count", "5", "--where", "ink=red");
      expect(sampled.stdout).toMatch(/^ink,age\n(red,[\d.]+\n){5}$/);
      expect((await here("sample", "inks", "--count", "5", "--where", "ink=red", "-o", at("out.csv"))).stdout).toContain(
        "5 rows",
      );
      expect(await readFile(at("out.csv"), "utf8")).toBe(sampled.stdout);
      expect(await here("sample", "inks", "--where", "ink")).toMatchObject({ code: 2 });
      expect(await here("sample", at("runs/stopped"))).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("holds a gpt"),
      });
    },
    minutes,
  );

  it(
    "draws pictures: a contact sheet of the size that is said",
    async () => {
      await mkdir(at("dots"));
      for (let i = 0; i < 12; i++) {
        const data = new Uint8ClampedArray(8 * 6 * 4).fill(255);
        data.fill(0, 4 * (i * 4), 4 * (i * 4 + 3));
        for (let alpha = 3; alpha < data.length; alpha += 4) data[alpha] = 255;
        await writeFile(at(`dots/${i}.png`), writePng(encodePng({ width: 8, height: 6, data })));
      }
      expect((await here("init", "vae", "--data", at("dots"), "-o", at("dots.json"))).code).toBe(0);
      const config = JSON.parse(await readFile(at("dots.json"), "utf8"));
      const model = { kind: "vae", picture: { height: 6, width: 8, channels: 1 }, hidden: 16, latent: 2 };
      await writeFile(at("dots.json"), JSON.stringify({ ...config, model, steps: 4, batch: 4, evaluateEvery: 4, warmup: 1 }));
      const trained = await here("train", at("dots.json"));
      expect(trained.code, trained.stderr).toBe(0);
      const drawn = await here("sample", "dots", "--count", "5", "-o", at("sheet.png"));
      expect(drawn.code, drawn.stderr).toBe(0);
      expect(drawn.stdout).toContain("5 pictures of 8×6");
      const sheet = decodePng(parsePng(await readFile(at("sheet.png")))); // checks each chunk's sum
      expect([sheet.width, sheet.height]).toEqual([3 * 8 + 2 * 2, 2 * 6 + 2]);
      const again = await here("sample", "dots", "--count", "5", "-o", at("again.png"), "--json");
      expect(JSON.parse(again.stdout)).toMatchObject({ count: 5, width: 8, height: 6, file: at("again.png") });
      expect(await readFile(at("again.png"))).toEqual(await readFile(at("sheet.png")));
      expect(await here("sample", "dots")).toMatchObject({ code: 2, stderr: expect.stringContaining("-o") });
    },
    minutes,
  );

  it(
    "says what is wrong, and what to do",
    async () => {
      const path = async (name: string, more: object): Promise<string> => at(await configured(name, more));
      const cases: [string[], number, RegExp][] = [
        [["train", "nothing.json"], 2, /nothing\.json is not a training configuration/],
        [["train", await path("wrong.json", { ...tiny, steps: -1 })], 2, /steps/],
        [
          ["train", await path("missing.json", { ...tiny, data: [{ path: "no.txt" }], out: at("runs/none") })],
          1,
          /no file no\.txt/,
        ],
        [
          ["train", await path("other.json", { ...tiny, model: { ...tiny.model, layers: 2 }, out: at("runs/tiny") })],
          1,
          /layers is 1 in it and 2 here/,
        ],
        [["init", "gtp"], 2, /did you mean gpt/],
        [["generate", "nowhere", "x"], 1, /no config\.json/],
        [["generate", at("runs/tiny"), "印"], 2, /U\+5370/],
        [["generate", at("runs/tiny"), "a", "--regex", "(", "--seed", "1"], 2, /regular expression cannot be read/],
        [["generate", at("runs/tiny"), "a", "--regex", "a", "--stop", "b"], 2, /use one/],
        [["compress", at("runs/tiny")], 2, /--text/],
        [["compress", at("runs/tiny"), "--text", at("seal.txt"), "--prune", "2"], 2, /--prune/],
        [["compress", at("runs/tiny"), "--text", at("seal.txt"), "--int4", "--pick", "int8"], 2, /int4/],
        [["compress", at("runs/tiny"), "--text", at("tiny.json")], 2, /is not in this tokenizer/],
        [["export", at("runs/tiny"), "--to", "gguf"], 2, /-o/],
        [["export", at("runs/tiny"), "--to", "onnx", "--type", "F16", "-o", "x"], 2, /--type belongs to/],
      ];
      for (const [args, code, message] of cases) {
        const { stderr, ...run } = await here(...args);
        expect([args.join(" "), run.code]).toEqual([args.join(" "), code]);
        expect(stderr).toMatch(message);
      }
      // a checkpoint that was damaged, and no other: it is not taken for none
      const state = join(folder, "runs/tiny/checkpoints");
      for (const name of (await readdir(state)).filter((n) => n.startsWith("step-")))
        await writeFile(join(state, name, "state.json"), "{}");
      const broken = await here("train", at("tiny.json"));
      expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining("no checkpoint of") });
      expect(existsSync(join(folder, "runs/none/model"))).toBe(false);
    },
    minutes,
  );
});
