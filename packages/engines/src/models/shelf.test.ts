import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ModelHub, startModelHub, writeTinyGguf } from "@inkseal/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { filesOf, OwnServers, pulled } from "../../test/pulling.ts";
import { undiciTransport } from "../transport.ts";
import { installedModels } from "./installed.ts";
import type { PullOptions } from "./pull.ts";
import { takeLock } from "./pull-lock.ts";
import { removalOf, removeModel } from "./remove.ts";

const transport = undiciTransport();
let scratch: string;
let tiny: Buffer;
let folder: string;
let hub: ModelHub;
const servers = new OwnServers();
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "inkseal-shelf-"));
  await writeTinyGguf(join(scratch, "tiny.gguf"));
  tiny = await readFile(join(scratch, "tiny.gguf"));
});
afterAll(async () => {
  await transport.close();
  await rm(scratch, { recursive: true });
});
beforeEach(async () => {
  folder = join(await mkdtemp(join(scratch, "home-")), "models");
  hub = await startModelHub();
});
afterEach(async () => {
  await hub.close();
  await servers.close();
});
const pull = (source: string, more: Partial<PullOptions> = {}) =>
  pulled(source, { folder, transport, endpoint: hub.url, ...more });

describe("what is pulled", () => {
  it("from an address lies under its host, is checked, and is asked about by its tag the next time", async () => {
    let asked = 0;
    const url = await servers.open((q, r) => {
      asked++;
      r.setHeader("etag", '"a"');
      if (q.headers["if-none-match"] === '"a"') r.writeHead(304).end();
      else r.end(tiny); // chunked: no length
    });
    expect(filesOf(await pull(`${url}/m/x.gguf?key=secret`))).toEqual(["downloaded 127.0.0.1/x.gguf"]);
    expect(filesOf(await pull(`${url}/m/x.gguf?key=secret`))).toEqual(["present 127.0.0.1/x.gguf"]);
    expect(asked).toBe(2);
    expect(JSON.stringify(await installedModels(folder))).not.toContain("secret");
    await expect(pull(`${url}/z.gguf#sha256=${"0".repeat(64)}`)).rejects.toMatchObject({ code: "upstream-invalid" });
  });

  it("is no model when it is a page, a cut file, or a name that leads away", async () => {
    const page = await servers.open((_q, r) => r.end("<html>log in</html>"));
    await expect(pull(`${page}/x.gguf`)).rejects.toMatchObject({ code: "bad-file" });
    hub.files.set("p/cut/x.gguf", tiny.subarray(0, 300_000));
    await expect(pull("hf:p/cut")).rejects.toMatchObject({ code: "bad-file" });
    hub.files.set("p/evil/../../../../etc/x.gguf", tiny);
    await expect(pull("hf:p/evil")).rejects.toMatchObject({ code: "bad-request" });
    expect((await installedModels(folder)).models).toEqual([]);
    expect((await installedModels(folder)).unfinished).toEqual([]);
  });

  it("may be several parts, or a folder of ONNX whose configuration comes last", async () => {
    for (const n of [1, 2]) hub.files.set(`p/big/Q8/big-0000${n}-of-00002.gguf`, tiny);
    const big = await pull("hf:p/big");
    expect(filesOf(big)).toHaveLength(2);
    expect(big.filter((e) => e.type === "progress").at(-1)).toMatchObject({ bytes: tiny.length * 2, total: tiny.length * 2 });
    for (const name of ["config.json", "tokenizer.json", "onnx/model.onnx", "onnx/model_q4.onnx", "README.md"])
      hub.files.set(`p/graph/${name}`, Buffer.from(`{"is":"${name}"}`));
    hub.plain.add("p/graph/config.json");
    const graph = await pull("hf:p/graph:q4");
    expect(filesOf(graph)).toEqual(
      ["tokenizer.json", "onnx/model_q4.onnx", "config.json"].map((f) => `downloaded p/graph/${f}`),
    );
    expect(filesOf(await pull("hf:p/graph:q4")).every((h) => h.startsWith("present"))).toBe(true);
    expect((await installedModels(folder)).models).toMatchObject([
      { id: "p/big/Q8/big", kind: "gguf", bytes: tiny.length * 2 },
      { id: "p/graph", kind: "onnx", files: ["p/graph/config.json", "p/graph/onnx/model_q4.onnx", "p/graph/tokenizer.json"] },
    ]);
  });

  it("may lie on this machine: linked, with its parts, or the folder as a whole", async () => {
    const mine = await mkdtemp(join(scratch, "mine-"));
    for (const n of [1, 2]) await writeFile(join(mine, `x-0000${n}-of-00002.gguf`), tiny);
    expect(filesOf(await pull(join(mine, "x-00002-of-00002.gguf")))).toEqual([
      "linked local/x-00001-of-00002.gguf",
      "linked local/x-00002-of-00002.gguf",
    ]);
    expect(filesOf(await pull(`file:${join(mine, "x-00001-of-00002.gguf")}`)).every((h) => h.startsWith("present"))).toBe(true);
    await mkdir(join(mine, "graph/onnx"), { recursive: true });
    for (const name of ["config.json", "onnx/model.onnx", "onnx/model_q4.onnx"])
      await writeFile(join(mine, "graph", name), "{}");
    expect(filesOf(await pull(join(mine, "graph")))).toHaveLength(3);
    expect((await installedModels(folder)).models.map((m) => m.id)).toEqual(["local/graph", "local/x"]);
    await writeFile(join(mine, "tiny.gguf"), "GGUF, says it");
    await expect(pull(join(mine, "tiny.gguf"))).rejects.toMatchObject({ code: "bad-file" });
    await expect(pull("p/r:Q4_K_M")).rejects.toThrow(/write hf:p\/r:Q4_K_M/);
    await expect(pull(join(folder, "local/x-00001-of-00002.gguf"))).rejects.toMatchObject({ code: "bad-request" });
  });
});

describe("what is removed", () => {
  beforeEach(async () => {
    hub.files.set("p/r/x-Q4_K_M.gguf", tiny);
    hub.files.set("p/other/y-Q4_K_M.gguf", tiny);
    await pull("hf:p/r");
    await pull("hf:p/other");
  });

  it("goes with all that lies beside it and with the folders that it leaves empty", async () => {
    await writeFile(join(folder, "p/r/x-Q4_K_M.gguf.part"), "half");
    const removal = await removalOf("llama/p/r/x-Q4_K_M", folder);
    expect(removal).toEqual({
      id: "p/r/x-Q4_K_M",
      files: ["p/r/x-Q4_K_M.gguf", "p/r/x-Q4_K_M.gguf.part"],
      bytes: tiny.length + 4,
    });
    await removeModel(removal, folder);
    expect(existsSync(join(folder, "p/r"))).toBe(false);
    expect((await installedModels(folder)).models.map((m) => m.id)).toEqual(["p/other/y-Q4_K_M"]);
    await removeModel(await removalOf("p/other/y-Q4_K_M.gguf", folder), folder);
    expect(await readdir(folder)).toEqual([]);
  });

  it("may be a pull that nobody finished, but not one under way", async () => {
    await writeFile(join(folder, "p/r/z.gguf.part"), "half");
    expect((await installedModels(folder)).unfinished).toEqual([{ file: "p/r/z.gguf", bytes: 4 }]);
    const release = await takeLock(join(folder, "p/r/z.gguf.part.lock"), "z");
    await expect(removalOf("p/r/z", folder)).rejects.toMatchObject({ code: "conflict" });
    hub.files.set("p/r/z.gguf", tiny);
    await expect(pull("hf:p/r/z.gguf")).rejects.toMatchObject({ code: "conflict" });
    await release();
    await removeModel(await removalOf("p/r/z", folder), folder);
    expect((await installedModels(folder)).unfinished).toEqual([]);
  });

  it("never lies outside of the folder", async () => {
    const outside = await mkdtemp(join(scratch, "outside-"));
    await writeFile(join(outside, "precious.gguf"), tiny);
    await symlink(outside, join(folder, "linked"));
    expect((await installedModels(folder)).models.map((m) => m.id)).toContain("linked/precious");
    const removal = await removalOf("linked/precious", folder);
    await expect(removeModel(removal, folder)).rejects.toMatchObject({ code: "forbidden" });
    expect((await stat(join(outside, "precious.gguf"))).size).toBe(tiny.length);
    for (const name of ["../home", "p", "..", "/etc/passwd", ""])
      await expect(removalOf(name, folder)).rejects.toMatchObject({ code: "unknown-model" });
    // a link to a file is removed, what it leads to is not
    await symlink(join(outside, "precious.gguf"), join(folder, "p/r/alias.gguf"));
    await removeModel(await removalOf("p/r/alias", folder), folder);
    expect(existsSync(join(outside, "precious.gguf"))).toBe(true);
  });
});
