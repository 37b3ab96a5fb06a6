import { execFile } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { spawnWorker } from "./spawn-worker.ts";

const echo = new URL("../../test/node/echo-worker.ts", import.meta.url);

it("runs TypeScript with imports under vitest", async () => {
  const worker = spawnWorker(echo, { state: [1, 2, 3, 4] });
  expect(await once(worker, "message")).toEqual([11520]);
  expect(await once(worker, "exit")).toEqual([0]);
});

it("runs the same under tsx, in another working folder", async () => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const here = new URL("./spawn-worker.ts", import.meta.url);
  const main = `import(${JSON.stringify(here.href)}).then(({ spawnWorker }) =>
    spawnWorker(new URL(${JSON.stringify(echo.href)}), { state: [1, 2, 3, 4] }).on("message", (m) => console.log(m)))`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", tsx, "-e", main], { cwd: "/" });
  expect(stdout.trim()).toBe("11520");
});

it("reports what the module throws", async () => {
  const worker = spawnWorker(echo, "fail");
  const [error] = (await new Promise((resolve) => worker.once("error", (e) => resolve([e])))) as [Error];
  expect(error.message).toBe("asked to fail");
});
