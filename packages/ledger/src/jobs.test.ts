import type { Database } from "@inkseal/store";
import { beforeAll, expect, it } from "vitest";
import { onBothDatabases } from "../test/databases.ts";
import { testClock } from "../test/record.ts";
import { jobSilence, openJobs } from "./index.ts";

onBothDatabases((open) => {
  let db: Database;
  beforeAll(async () => {
    db = await open();
  });

  it("keeps jobs over a restart, and tells those whose process has ended", async () => {
    let now = 1_000_000;
    const clock = { ...testClock(), now: () => now };
    const jobs = await openJobs({ database: db, clock });
    await jobs.put({ id: "video_1", owner: "a", state: { status: "queued" } });
    await jobs.put({ id: "video_2", owner: "b", state: { status: "queued" } });
    now += 5;
    await jobs.update({ id: "video_1", owner: "a", state: { status: "in_progress", run: "run_1" } });
    expect(await jobs.get("video_1")).toEqual({
      id: "video_1",
      owner: "a",
      state: { status: "in_progress", run: "run_1" },
      alive: true,
    });
    now += jobSilence + 10;
    const again = await openJobs({ database: db, clock });
    expect(await again.get("video_1")).toMatchObject({ state: { run: "run_1" }, alive: false });
    expect((await again.list()).map(({ id }) => id)).toEqual(["video_2", "video_1"]);
    expect((await again.list("a")).map(({ id }) => id)).toEqual(["video_1"]);
    expect(await again.delete("video_1")).toBe(true);
    await again.update({ id: "video_1", owner: "a", state: {} }); // whoever works on it still does not bring it back
    expect(await again.get("video_1")).toBeUndefined();
    expect(await again.delete("video_1")).toBe(false);
    await expect(again.list("a", 0)).rejects.toMatchObject({ code: "bad-request" });
  });
});
