import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeWhole } from "./atomic.ts";
import { writeLines } from "./write-lines.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "inkseal-cli-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("replaces a file, keeps its permissions, and leaves nothing beside it", async () => {
  const path = join(folder, "a.wav");
  await writeFile(path, "old");
  await chmod(path, 0o640);
  await writeWhole(path, Buffer.from("new"));
  expect(await readFile(path, "utf8")).toBe("new");
  expect((await stat(path)).mode & 0o777).toBe(0o640);
  expect(await readdir(folder)).toEqual(["a.wav"]);
});

it("writes through a symbolic link", async () => {
  await writeFile(join(folder, "real"), "old");
  await symlink("real", join(folder, "link"));
  await writeWhole(join(folder, "link"), Buffer.from("new"));
  expect(await readFile(join(folder, "real"), "utf8")).toBe("new");
});

it("writes into what is no file", async () => {
  await writeWhole("/dev/null", Buffer.from("gone"));
  expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
});

it("fails with the folder's name when there is none", async () => {
  await expect(writeWhole(join(folder, "no", "a.wav"), Buffer.from("x"))).rejects.toMatchObject({ code: "ENOENT" });
});

it("leaves the old file when lines break off half-way", async () => {
  const path = join(folder, "rows.jsonl");
  await writeFile(path, "old");
  async function* lines() {
    yield "one\n";
    throw new Error("broke off");
  }
  await expect(writeLines(lines(), path)).rejects.toThrow("broke off");
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(folder)).toEqual(["rows.jsonl"]);
});
