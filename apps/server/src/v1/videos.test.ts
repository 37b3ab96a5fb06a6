import { hasFfmpeg, tinyPng } from "@inkseal/testkit";
import OpenAI, { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestServer, testServer } from "../test/running.ts";

describe.skipIf(!hasFfmpeg)("films through the official openai package (skipped without ffmpeg)", () => {
  let t: TestServer;
  let client: OpenAI;
  beforeAll(async () => {
    t = await testServer();
    client = new OpenAI({ baseURL: `${t.server.url}/v1`, apiKey: "none", maxRetries: 0 });
  }, 120_000);
  afterAll(() => t.close());

  async function finished(id: string): Promise<OpenAI.Video> {
    for (;;) {
      const video = await client.videos.retrieve(id);
      if (video.status === "completed" || video.status === "failed") return video;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  it("begins, tells how far it is, gives the marked film and its captions, and forgets", async () => {
    const request = { model: "inkseal-film", prompt: "A short film.", size: "256x144", controls: { fps: 24 } };
    const begun = await client.videos.create(request as unknown as OpenAI.VideoCreateParams);
    expect(begun).toMatchObject({ object: "video", model: "inkseal-film", size: "256x144" });
    expect(["queued", "in_progress"]).toContain(begun.status);
    await expect(client.videos.downloadContent(begun.id)).rejects.toMatchObject({ status: 400 });
    const done = await finished(begun.id);
    expect(done).toMatchObject({ status: "completed", progress: 100, error: null });
    const answer = await client.videos.downloadContent(begun.id);
    expect(answer.headers.get("content-type")).toBe("video/mp4");
    const film = Buffer.from(await answer.arrayBuffer());
    const report = await fetch(`${t.server.url}/api/verify`, {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: film,
    });
    expect(await report.json()).toMatchObject({ verdict: "recognised" });
    const captions = await (await fetch(`${t.server.url}/v1/videos/${begun.id}/content?variant=captions`)).text();
    expect(captions).toMatch(/^WEBVTT[\s\S]*A short film\./);
    expect((await client.videos.list()).data.map((v) => v.id)).toContain(begun.id);
    expect(await client.videos.delete(begun.id)).toMatchObject({ deleted: true });
    await expect(client.videos.retrieve(begun.id)).rejects.toMatchObject({ status: 404 });
  }, 180_000);

  it("takes a picture as a form, and tells of a failure in the job", async () => {
    const input_reference = await toFile(tinyPng(64, 64), "a.png", { type: "image/png" });
    const begun = await client.videos.create({ prompt: "x", size: "13x13" as never, input_reference });
    expect(await finished(begun.id)).toMatchObject({ status: "failed", error: { code: "cannot-do" } });
  }, 120_000);
});
