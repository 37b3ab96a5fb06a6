import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scriptFor } from "../commands/completion.ts";
import { sayIn } from "../locale.ts";

const installed = (shell: string): boolean => spawnSync(shell, ["-c", "exit 0"]).status === 0;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "inkseal-completion-"));
  writeFileSync(join(folder, "hello.wav"), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What bash would offer for a command line, the cursor at its end. */
async function offered(...words: string[]): Promise<string[]> {
  const script = await scriptFor("bash", sayIn("en"));
  const drive = `compopt() { :; }
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _inkseal; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", `${script}\n${drive}`, "bash", "inkseal", ...words], { cwd: folder, encoding: "utf8" })
    .split("\n")
    .filter((w) => w !== "");
}

describe("bash completion", () => {
  it("is a valid script in both locales", async () => {
    for (const locale of ["zh-CN", "en"] as const) {
      execFileSync("bash", ["-n"], { input: await scriptFor("bash", sayIn(locale)) });
    }
  });

  it("offers commands, subcommands, tasks and options of the place", async () => {
    expect(await offered("ve")).toEqual(["verify"]);
    expect(await offered("ledger", "")).toEqual(["list", "show", "verify", "export"]);
    expect(await offered("models", "")).toEqual(["list", "pull", "remove"]);
    expect(await offered("models", "remove", "--y")).toEqual(["--yes"]);
    expect(await offered("lab", "")).toEqual([
      "init",
      "train",
      "info",
      "generate",
      "sample",
      "calibrate",
      "compress",
      "export",
    ]);
    expect(await offered("lab", "export", "m", "--to", "g")).toEqual(["gguf"]);
    expect(await offered("make", "sp")).toEqual(["speech"]);
    expect(await offered("make", "speech", "--vo")).toEqual(["--voice"]);
    expect(await offered("ledger", "list", "--st")).toEqual(["--status"]);
    expect(await offered("completion", "")).toEqual(["bash", "zsh", "fish"]);
  });

  it("offers an option's values: choices, files, nothing for free words", async () => {
    expect(await offered("ledger", "list", "--status", "d")).toEqual(["done"]);
    expect(await offered("make", "speech", "x", "-o", "he")).toEqual(["hello.wav"]);
    expect(await offered("verify", "he")).toEqual(["hello.wav"]);
    expect(await offered("models", "pull", "he")).toEqual(["hello.wav"]);
    expect(await offered("make", "speech", "--voice", "")).toEqual([]);
  });
});

describe("zsh and fish completion", () => {
  it.skipIf(!installed("zsh"))("zsh takes the script (skipped where zsh is not installed)", async () => {
    for (const locale of ["zh-CN", "en"] as const) {
      const path = join(folder, "_inkseal");
      writeFileSync(path, await scriptFor("zsh", sayIn(locale)));
      execFileSync("zsh", ["-n", path]);
    }
  });

  it.skipIf(!installed("fish"))("fish completes by it (skipped where fish is not installed)", async () => {
    const path = join(folder, "inkseal.fish");
    writeFileSync(path, await scriptFor("fish", sayIn("en")));
    const offers = (line: string): string[] =>
      execFileSync("fish", ["--no-config", "-c", `source ${path}; complete -C ${JSON.stringify(line)}`], {
        encoding: "utf8",
        cwd: folder,
      })
        .split("\n")
        .filter((l) => l !== "")
        .map((l) => l.split("\t")[0]!);
    expect(offers("inkseal ve")).toEqual(["verify"]);
    expect(offers("inkseal ledger ").sort()).toEqual(["export", "list", "show", "verify"]);
    expect(offers("inkseal ledger list --st")).toEqual(["--status"]);
    expect(offers("inkseal make speech --vo")).toEqual(["--voice"]);
  });

  it("holds every command and quotes what the words hold", async () => {
    const zsh = await scriptFor("zsh", sayIn("zh-CN"));
    for (const name of ["make", "verify", "serve", "models", "lab", "ledger", "keys", "policy", "doctor", "completion"]) {
      expect(zsh).toContain(`_inkseal_${name}()`);
    }
  });
});
