import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BriefInput, parseBrief } from "@inkseal/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Values } from "../command.ts";
import { parse } from "../parse.ts";
import { UsageError } from "../usage-error.ts";
import { briefOf } from "./brief.ts";
import { makeOptions } from "./options.ts";
import { readWords } from "./read-words.ts";
import type { TaskName } from "./tasks.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkseal-brief-"));
  await writeFile(join(folder, "red.png"), Buffer.from("89504e470d0a1a0a0000", "hex"));
  await writeFile(join(folder, "schema.json"), '{"type":"object"}');
  await writeFile(join(folder, "list.json"), "[1]");
  await writeFile(join(folder, "words.txt"), "\ufeff一行字\r\n");
  await writeFile(join(folder, "latin1.txt"), Buffer.from([0x63, 0x61, 0x66, 0xe9]));
});
afterAll(() => rm(folder, { recursive: true }));

function brief(task: TaskName, text: string | undefined, ...argv: string[]): Promise<BriefInput> {
  return briefOf(task, text, parse(argv, makeOptions).options as Values<typeof makeOptions>);
}

describe("briefOf", () => {
  it("is a valid brief of the task with the controls that were given and no others", async () => {
    const made = await brief("speech", "你好", "--voice", "zh", "--speed", "1.2", "--seed", "-3", "-o", "a.wav");
    expect(made).toMatchObject({ task: "speech", text: "你好", stream: false });
    expect(made.controls).toEqual({ voice: "zh", speed: 1.2, seed: -3, format: "audio/wav" });
    expect(() => parseBrief(made)).not.toThrow();
  });

  it("takes code with its file's name and the project's scripts, those changed last at the end", async () => {
    const project = join(folder, "project");
    await mkdir(join(project, "src"), { recursive: true });
    await mkdir(join(project, "node_modules"), { recursive: true });
    for (const [i, name] of ["src/new.ts", "old.mjs", "readme.md", "node_modules/b.js", "lib.min.js"].entries()) {
      await writeFile(join(project, name), name);
      await utimes(join(project, name), 2000 - i, 2000 - i);
    }
    const made = await brief("code", "let a = ", "--file", "x/a.ts", "--set", "line=1", "--project", project);
    expect(made).toMatchObject({ task: "infill", model: "inkseal-code", text: "let a = ", stream: true });
    expect(made.controls).toEqual({ own: { name: "a.ts", line: 1 } });
    expect(made.files?.map(({ name }) => name)).toEqual(["old.mjs", "src/new.ts"]);
    expect((await brief("code", "let a = ", "--file", "a.ts", "--model", "openai/x")).controls).toEqual({});
  });

  it("streams words to the terminal, and keeps them as a labelled piece when they go into a file", async () => {
    expect(await brief("text", "Hi")).toMatchObject({ task: "chat", stream: true, keep: undefined });
    expect(await brief("text", "Hi", "-o", "-")).toMatchObject({ stream: true, keep: undefined });
    expect(await brief("text", "Hi", "-o", "a.md")).toMatchObject({ stream: false, keep: true });
    expect((await brief("text", "Hi", "-o", "a.md")).controls?.format).toBeUndefined();
    expect((await brief("text", "Hi", "-o", "a.txt")).controls?.format).toBe("text/plain");
  });

  it("puts pictures into the message as what they are, not as they are named, and the system message first", async () => {
    const made = await brief("text", "What is this?", "--system", "Be brief.", "-i", join(folder, "red.png"));
    expect(made.messages).toEqual([
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgoAAA==" } },
        ],
      },
    ]);
    expect((await brief("edit", "Redder", "-i", join(folder, "red.png"), "-o", "b.png")).files?.[0]).toMatchObject({
      name: "red.png",
      mediaType: "image/png",
      role: "image",
    });
  });

  it("refuses sizes and schemas that are none", async () => {
    await expect(brief("image", "x", "--size", "big")).rejects.toThrow(UsageError);
    await expect(brief("text", "x", "--schema", join(folder, "list.json"))).rejects.toThrow("not a JSON Schema object");
    expect((await brief("text", "x", "--schema", join(folder, "schema.json"))).controls?.schema).toEqual({ type: "object" });
  });
});

describe("readWords", () => {
  async function* stdin(text: string): AsyncGenerator<Uint8Array> {
    for (const byte of Buffer.from(text)) yield Uint8Array.of(byte); // every character of more bytes is cut
  }

  it("takes the argument as it is, standard input for -, and a file", async () => {
    expect(await readWords("说\n", undefined, stdin(""))).toBe("说\n");
    expect(await readWords("-", undefined, stdin("从管道来\n"))).toBe("从管道来");
    expect(await readWords(undefined, join(folder, "words.txt"), stdin(""))).toBe("一行字");
    expect(await readWords(undefined, "-", stdin("x"))).toBe("x");
  });

  it("refuses no words, two sources, empty ones and bytes that are no UTF-8", async () => {
    await expect(readWords(undefined, undefined, stdin(""))).rejects.toThrow("no words");
    await expect(readWords("x", "y", stdin(""))).rejects.toThrow("one place");
    await expect(readWords(" \n", undefined, stdin(""))).rejects.toThrow("empty");
    await expect(readWords("-", undefined, stdin("\n"))).rejects.toThrow("empty");
    await expect(readWords(undefined, join(folder, "latin1.txt"), stdin(""))).rejects.toThrow("not UTF-8");
    await expect(readWords(undefined, join(folder, "none.txt"), stdin(""))).rejects.toMatchObject({ code: "ENOENT" });
  });
});
