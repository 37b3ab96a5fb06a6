import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BriefSchema, timeStampOf } from "@inkseal/core";
import { create, verify } from "@inkseal/pipeline";
import { testAuthority } from "@inkseal/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runResult } from "./api/run-result.ts";
import { contextOf } from "./context.ts";
import { loadConfig } from "./load-config.ts";
import { openHouse } from "./open-house.ts";

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "inkseal-time-stamps-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

test("an authority in the configuration stamps what is made; when it is gone, runs go on with a warning", async () => {
  const tsa = await testAuthority({ time: Date.now() });
  const trust = join(home, "tsa.pem");
  await writeFile(trust, tsa.rootPem);
  const served = await tsa.serve();
  const house = await openHouse(
    await loadConfig({ INKSEAL_TSA_URL: served.url, INKSEAL_TSA_TRUST: trust }, { home, port: 0 }),
    {},
  );
  try {
    const say = async () => {
      const brief = BriefSchema.parse({ task: "speech", model: "espeak/en", text: "one two" });
      return await runResult(
        create(brief, contextOf(house, { id: "local", source: "api" }, new AbortController().signal)),
        house,
      );
    };
    const stampOf = async (id: string) => {
      const bytes = (await house.ledger.artifacts.bytes(id)) ?? expect.fail("it is not on the shelf");
      const report = await verify(bytes, house);
      return report.layers.map(timeStampOf).find((s) => s !== undefined);
    };
    const first = await say();
    expect([first.warnings, tsa.asked]).toEqual([[], ["/tsa"]]);
    expect(await stampOf(first.artifacts[0]!.id)).toMatchObject({ status: "valid", by: "Test TSA" });
    await served.close();
    const second = await say();
    expect(second.warnings).toEqual(["C2PA without a time-stamp: the time-stamping authority cannot be reached"]);
    expect(await stampOf(second.artifacts[0]!.id)).toBeUndefined();
  } finally {
    await house.close();
  }
});

test("an address that no authority can have is refused at the start", async () => {
  await expect(loadConfig({ INKSEAL_TSA_URL: "file:///etc/passwd" }, { home })).rejects.toMatchObject({ code: "bad-request" });
});
