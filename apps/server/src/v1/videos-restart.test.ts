import type { Chunk, Engine } from "@inkseal/core";
import { openJobs } from "@inkseal/ledger";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { House } from "../house.ts";
import { RunsInFlight } from "../runs.ts";
import { buildApp } from "../server.ts";
import { closeTestDatabase, testHouse } from "../test/house.ts";

type Video = {
  id: string;
  status: string;
  progress: number;
  prompt: string | null;
  seconds: string;
  error: { code: string } | null;
};

/** Films of a kind that nothing here looks into: `never` hangs after it began, others are done at once. */
const studio: Engine = {
  name: "studio",
  place: "embedded",
  tasks: ["video"],
  models: async () => [{ id: "one", tasks: ["video"] }],
  async *generate({ brief }, signal) {
    yield [{ index: 0, progress: { fraction: 0.5 } }] satisfies Chunk[];
    if (brief.text === "never") await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const file = (mediaType: string, text: string) => ({ mediaType, bytes: new TextEncoder().encode(text), last: true });
    yield [{ index: 0, media: file("video/x-msvideo", "RIFF0000AVI a film") }];
    yield [{ index: 0, media: file("text/vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\nwords\n") }];
    yield [{ index: 0, finish: "stop", usage: { seconds: 4 } }];
  },
};

let house: House;
const runs: RunsInFlight[] = [];
/** The same house in what would be a new process. */
async function restarted() {
  const later = 1000 * runs.length;
  const clock = { ...house.clock, now: () => house.clock.now() + later };
  const flights = new RunsInFlight(16);
  runs.push(flights);
  const next = { ...house, clock, jobs: await openJobs({ database: house.database, clock }) };
  const app = buildApp(next, flights, "ink_local_test");
  return {
    get: (path: string) => app.inject({ url: `/v1/videos${path}` }),
    begin: async (prompt: string): Promise<Video> =>
      (await app.inject({ method: "POST", url: "/v1/videos", payload: { model: "studio/one", prompt } })).json(),
  };
}
beforeAll(async () => {
  house = await testHouse([studio]);
});
afterAll(async () => {
  await Promise.all(runs.map((flights) => flights.drain(10)));
  await house.close();
  await closeTestDatabase();
});

async function until(read: () => Promise<Video>, wanted: (video: Video) => boolean): Promise<Video> {
  for (;;) {
    const video = await read();
    if (wanted(video)) return video;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

it("finds a finished film again after a restart, and says of one under way that it was cut off", async () => {
  const before = await restarted();
  const read = (from: typeof before, id: string) => async (): Promise<Video> => (await from.get(`/${id}`)).json();
  const done = await before.begin("a short film");
  const cut = await before.begin("never");
  const lost = await before.begin("another");
  await until(read(before, done.id), ({ status }) => status === "completed");
  await until(read(before, lost.id), ({ status }) => status === "completed");
  await until(read(before, cut.id), ({ status, progress }) => status === "in_progress" && progress > 0);
  // as if the process had ended between a film's ledger row and its job's last word
  const last = await house.jobs.get(lost.id);
  await house.jobs.update({ ...last!, state: { ...last!.state, status: "in_progress", progress: 50, artifacts: [] } });

  const after = await restarted();
  for (const id of [done.id, lost.id]) {
    expect(await read(after, id)()).toMatchObject({
      status: "completed",
      progress: 100,
      seconds: "4",
      error: null,
      prompt: null,
    });
    expect((await after.get(`/${id}/content`)).body).toBe("RIFF0000AVI a film");
    expect((await after.get(`/${id}/content?variant=captions`)).body).toContain("WEBVTT");
  }
  expect(await read(after, cut.id)()).toMatchObject({ status: "failed", error: { code: "shutting-down" } });
  expect((await after.get(`/${cut.id}/content`)).statusCode).toBe(400);
  expect(await house.jobs.get(cut.id)).toMatchObject({ state: { status: "failed" } }); // and so it stays
  const { data } = (await after.get("")).json() as { data: Video[] };
  expect(data.map(({ id }) => id).sort()).toEqual([done.id, cut.id, lost.id].sort());
  expect(JSON.stringify(await house.jobs.list())).not.toContain("short film"); // words are kept by policy, not here
  expect((await after.get("/video_none")).statusCode).toBe(404);
});
