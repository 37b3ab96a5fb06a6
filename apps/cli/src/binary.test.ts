import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// The real program in processes of its own, on a data folder of its own, offline.

const bin = join(dirname(fileURLToPath(import.meta.url)), "../bin/inkseal.mjs");
const minutes = 120_000;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkseal-binary-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: Buffer;
}
const running = (args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess =>
  spawn(process.execPath, [bin, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, INKSEAL_HOME: join(folder, "home"), LANG: "en_US.UTF-8", ...env },
  });
function ended(child: ChildProcess, stdin = ""): Promise<Ended> {
  const out: Buffer[] = [];
  let stderr = "";
  child.stdout?.on("data", (d: Buffer) => out.push(d));
  child.stderr?.on("data", (d: Buffer) => (stderr += d));
  child.stdin?.end(stdin);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const bytes = Buffer.concat(out);
      resolve({ code, stdout: bytes.toString("utf8"), stderr, bytes });
    });
  });
}
const inkseal = (...args: string[]): Promise<Ended> => ended(running(args));

describe("the command line, without a house", () => {
  it("says its version and its help", async () => {
    expect(await inkseal("--version")).toMatchObject({ code: 0, stdout: "0.1.0\n", stderr: "" });
    const help = await inkseal("--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain(
      "Exit codes\n  0 ok  1 failure  2 usage  3 unknown (no mark)  4 altered  5 unreadable  6 blocked by policy  130 interrupted",
    );
  });

  it("answers a line that it does not understand with a suggestion and 2", async () => {
    expect(await inkseal()).toMatchObject({ code: 2, stdout: "" });
    const command = await inkseal("verfiy", "a.wav");
    expect(command).toMatchObject({ code: 2, stdout: "" });
    expect(command.stderr).toContain("did you mean verify?");
    const json = await inkseal("make", "speech", "x", "--voise", "y", "--json");
    expect(json).toMatchObject({ code: 2, stderr: "" });
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: "usage", meant: "--voice" } });
    const chinese = await ended(running(["make", "speech"], { LANG: "zh_CN.UTF-8" }));
    expect(chinese.code).toBe(2);
    expect(chinese.stderr).toContain("错误");
  });
});

describe("the main job", () => {
  it(
    "makes speech, labelled and recorded, and recognises it again",
    async () => {
      const made = await inkseal("make", "speech", "人工智能生成的内容应当可以被认出来。", "-o", "hello.wav");
      expect(made).toMatchObject({ code: 0 });
      expect(made.stdout).toMatch(/hello\.wav .*audio\/wav/);
      expect(made.stdout).toMatch(/run_[0-9a-z]{26}/);
      expect(made.stdout + made.stderr).not.toContain("\x1b");
      expect((await readFile(join(folder, "hello.wav"))).subarray(0, 4).toString()).toBe("RIFF");

      const seen = await inkseal("verify", "hello.wav", "--json");
      expect(seen.code).toBe(0);
      const report = JSON.parse(seen.stdout);
      expect(report).toMatchObject({
        file: "hello.wav",
        verdict: "recognised",
        labelClass: 1,
        rowBy: "sha256",
        row: { source: "cli", engine: "espeak" },
      });
      expect(
        report.layers.filter((l: { status: string }) => l.status === "valid").map((l: { layer: string }) => l.layer),
      ).toEqual(expect.arrayContaining(["aigc", "c2pa"]));
    },
    minutes,
  );

  it(
    "tells altered from unknown from unreadable by exit code; of several files the gravest counts",
    async () => {
      const wav = await readFile(join(folder, "hello.wav"));
      const altered = Buffer.from(wav);
      altered[Math.floor(wav.length / 2)]! ^= 0xff;
      await writeFile(join(folder, "altered.wav"), altered);
      await writeFile(join(folder, "mine.txt"), "Written by hand.\n");
      expect((await inkseal("verify", "altered.wav")).code).toBe(4);
      expect((await inkseal("verify", "mine.txt")).code).toBe(3);
      expect((await inkseal("verify", "missing.wav")).code).toBe(5);
      const all = await inkseal("verify", "hello.wav", "mine.txt", "altered.wav", "--json");
      expect(all.code).toBe(4);
      expect(
        all.stdout
          .trim()
          .split("\n")
          .map((l) => JSON.parse(l).verdict),
      ).toEqual(["recognised", "unknown", "altered"]);
    },
    minutes,
  );

  it(
    "gives --json one object with the run, the file, the marks and the row, and - the bytes alone",
    async () => {
      const made = await inkseal("make", "speech", "Call 13812345678.", "--language", "en", "-o", "call.wav", "--json");
      expect(made.code).toBe(0);
      const result = JSON.parse(made.stdout);
      expect(result).toMatchObject({
        run: expect.stringMatching(/^run_/),
        engine: "espeak",
        decision: { action: "mask" },
        artifacts: [{ file: "call.wav", mediaType: "audio/wav", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
        row: { decision: "mask", hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      });
      expect(result.row.findings[0].hazard).toBe("pii.phone");

      const piped = await ended(running(["make", "speech", "-", "-o", "-"]), "Words from a pipe.\n");
      expect(piped.code).toBe(0);
      expect(piped.bytes.subarray(0, 4).toString()).toBe("RIFF");
      expect(piped.bytes.readUInt32LE(4)).toBe(piped.bytes.length - 8);
      expect(piped.stderr).toContain("run_");
    },
    minutes,
  );

  it(
    "exits 6 when a policy blocks, says what to do next, and writes no file",
    async () => {
      const strict = { name: "strict", rules: [{ hazard: "pii", in: "block", out: "block" }] };
      await writeFile(join(folder, "strict.json"), JSON.stringify(strict));
      expect((await inkseal("policy", "set", "strict.json")).code).toBe(0);
      const blocked = await inkseal(
        "make",
        "speech",
        "Mail me: a.person@example.com",
        "--policy",
        "strict",
        "-o",
        "blocked.wav",
      );
      expect(blocked.code).toBe(6);
      expect(blocked.stderr).toMatch(/next: .+/);
      const run = /run_[0-9a-z]{26}/.exec(blocked.stderr)?.[0];
      expect(run).toBeDefined();
      expect(blocked.stderr).not.toContain("a.person");
      expect(existsSync(join(folder, "blocked.wav"))).toBe(false);
      const row = await inkseal("ledger", "show", run!, "--json");
      expect(JSON.parse(row.stdout)).toMatchObject({ run, status: "blocked", decision: "block" });
    },
    minutes,
  );

  it(
    "leaves no file, no part of one, and a cancelled row when interrupted",
    async () => {
      const long = "这是一个很长的句子，用来检验中断。".repeat(4000);
      const child = running(["make", "speech", "-", "-o", "long.wav", "--json", "--stream"]);
      const over = ended(child, long);
      await new Promise<void>((resolve) => child.stdout?.on("data", (d) => String(d).includes('"started"') && resolve()));
      child.kill("SIGINT");
      const { code, stdout } = await over;
      expect(code).toBe(130);
      expect(JSON.parse(stdout.trim().split("\n").at(-1)!)).toMatchObject({
        error: { code: "cancelled", run: expect.stringMatching(/^run_/) },
      });
      expect((await readdir(folder)).filter((f) => f.includes("long"))).toEqual([]);
      const rows = JSON.parse((await inkseal("ledger", "list", "--status", "cancelled", "--json")).stdout).rows;
      expect(rows).toHaveLength(1);
    },
    minutes,
  );

  it(
    "walks the chain and exports every row, oldest first",
    async () => {
      const report = JSON.parse((await inkseal("ledger", "verify", "--json")).stdout);
      expect(report).toMatchObject({ ok: true, faults: [] });
      const lines = (await inkseal("ledger", "export")).stdout
        .trim()
        .split("\n")
        .map((l) => JSON.parse(l));
      expect(lines.map((r) => r.seq)).toEqual(Array.from({ length: report.rows }, (_, i) => i + 1));
      expect(lines.at(-1).hash).toBe(report.head);
    },
    minutes,
  );
});

describe("beside a running server", () => {
  it(
    "finds it by serve.json, works through it, and the server stops cleanly at SIGTERM",
    async () => {
      const server = running(["serve", "--port", "0", "--json"]);
      const over = ended(server);
      const { url } = await new Promise<{ url: string }>((resolve, reject) => {
        server.stdout?.once("data", (d) => resolve(JSON.parse(String(d))));
        server.once("close", () => reject(new Error("the server did not start")));
      });
      try {
        const sign = join(folder, "home/serve.json");
        expect((await stat(sign)).mode & 0o777).toBe(0o600);
        expect((await fetch(`${url}/api/health`)).status).toBe(200);

        const made = await inkseal("make", "speech", "Through the server.", "-o", "served.wav", "--json");
        expect(made).toMatchObject({ code: 0 });
        expect(JSON.parse(made.stdout).row).toMatchObject({ source: "cli", actor: "local" });
        expect((await inkseal("verify", "served.wav", "hello.wav")).code).toBe(0);
        expect(JSON.parse((await inkseal("ledger", "verify", "--json")).stdout).ok).toBe(true);

        const second = await inkseal("serve", "--port", "0");
        expect(second).toMatchObject({ code: 1 });
        expect(second.stderr).toContain(url);

        const created = JSON.parse((await inkseal("keys", "create", "phone", "--json")).stdout);
        expect(created.secret).toMatch(/^ink_/);
        expect((await fetch(`${url}/v1/models`)).status).toBe(401);
        expect((await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${created.secret}` } })).status).toBe(200);
        expect((await inkseal("keys", "revoke", created.key.id)).code).toBe(0);
        expect((await inkseal("keys", "revoke", "key_nobody")).code).toBe(1);
      } finally {
        server.kill("SIGTERM");
      }
      expect((await over).code).toBe(0);
      expect(existsSync(join(folder, "home/serve.json"))).toBe(false);
    },
    minutes,
  );
});
