import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const bin = join(import.meta.dirname, "../apps/cli/bin/inkseal.mjs");

/** The README's main job, as a user types it, in a home of its own. */
describe("the main job", () => {
  let home: string;
  let env: NodeJS.ProcessEnv;
  const inkseal = (...args: string[]) => run(process.execPath, [bin, ...args], { env, cwd: home, encoding: "utf8" });

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "inkseal-e2e-"));
    env = { ...process.env, INKSEAL_HOME: join(home, ".inkseal"), LANG: "en_US.UTF-8" };
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  it("makes speech, labelled and sealed", async () => {
    await inkseal("make", "speech", "人工智能生成的内容应当可以被认出来。", "-o", "hello.wav");
    const bytes = await readFile(join(home, "hello.wav"));
    expect(bytes.subarray(0, 4).toString("latin1")).toBe("RIFF");
    expect(bytes.length).toBeGreaterThan(50_000);
    expect(bytes.includes("AIGC")).toBe(true);
  });

  it("recognises it again: what made it, all marks valid, ledger row found", async () => {
    const { stdout } = await inkseal("verify", "hello.wav", "--json");
    const json = JSON.parse(stdout);
    const report = Array.isArray(json) ? json[0] : (json.reports?.[0] ?? json);
    const inner = report.report ?? report;
    expect(inner).toMatchObject({
      verdict: "recognised",
      labelClass: 1,
      rowBy: "sha256",
      row: { engine: "espeak", status: "done" },
    });
    expect(inner.layers.filter((l: { status: string }) => l.status === "valid").map((l: { layer: string }) => l.layer)).toEqual(
      expect.arrayContaining(["label", "aigc", "c2pa"]),
    );
  });

  it("calls a changed copy altered, and a stranger unknown", async () => {
    const bytes = await readFile(join(home, "hello.wav"));
    bytes[2000] = (bytes[2000] as number) ^ 0x40;
    await writeFile(join(home, "changed.wav"), bytes);
    await expect(inkseal("verify", "changed.wav")).rejects.toMatchObject({ code: 4 });
    await writeFile(join(home, "stranger.txt"), "just words\n");
    await expect(inkseal("verify", "stranger.txt")).rejects.toMatchObject({ code: 3 });
  });

  it("keeps its secrets to itself", async () => {
    expect((await stat(join(home, ".inkseal/identity/key.pem"))).mode & 0o077).toBe(0);
    const { stdout } = await inkseal("ledger", "export");
    expect(stdout).not.toContain("认出来");
  });

  describe("with a server running", () => {
    let server: ChildProcess;
    let url: string;
    beforeAll(async () => {
      server = spawn(process.execPath, [bin, "serve", "--port", "0"], { env, cwd: home, stdio: ["ignore", "pipe", "pipe"] });
      for (let i = 0; i < 300 && url === undefined; i++) {
        await new Promise((r) => setTimeout(r, 50));
        url = await readFile(join(home, ".inkseal/serve.json"), "utf8").then(
          (t) => JSON.parse(t).url,
          () => undefined,
        );
      }
    });
    afterAll(async () => {
      const gone = new Promise((r) => server.once("exit", r));
      server.kill("SIGTERM");
      expect(await gone).toBe(0);
    });

    it("serves the official openai package", async () => {
      const { stdout } = await run(process.execPath, [join(import.meta.dirname, "../examples/openai-client.mjs")], {
        env: { ...env, OPENAI_BASE_URL: `${url}/v1` },
        cwd: home,
        encoding: "utf8",
      });
      expect(stdout).toContain("espeak");
    });

    it("goes through it from the CLI, into the same ledger", async () => {
      await inkseal("make", "speech", "Second piece", "-o", "second.wav");
      const { stdout } = await inkseal("ledger", "verify", "--json");
      expect(JSON.parse(stdout)).toMatchObject({ ok: true });
    });
  });
});
