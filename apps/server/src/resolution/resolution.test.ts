import { encodePng, parseJumbf, type Raster, writePng } from "@inkseal/codec";
import { createMarker, makeIdentity, methods, signerFrom } from "@inkseal/mark";
import { create } from "@inkseal/pipeline";
import type { FastifyInstance } from "fastify";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ConfigSchema } from "../config.ts";
import { contextOf } from "../context.ts";
import type { House } from "../house.ts";
import { RunsInFlight } from "../runs.ts";
import { buildApp } from "../server.ts";
import { closeTestDatabase, scripted, testHouse } from "../test/house.ts";

const text = Array.from({ length: 100 }, (_, i) => `word${(i * i * 7919) % 997}`).join(" ");
const writer = scripted("writer", async function* () {
  yield [{ index: 0, text, finish: "stop" }];
});
const file = Buffer.from(text.replace("word0 ", ""));
let marker: House["marker"];
beforeAll(async () => {
  const id = await makeIdentity({ commonName: "test", now: Date.now() });
  const signer = await signerFrom({ chainPem: id.chainPem, privateKeyPem: id.privateKeyPkcs8Pem });
  marker = createMarker({ producer: { code: "INKSEAL" }, signer, trust: id.rootPem });
});
let close = async (): Promise<void> => {};
afterEach(() => close());
afterAll(closeTestDatabase);

/** A house that has sealed one text, opened as `open` says. */
async function opened(open: Record<string, unknown>): Promise<{ app: FastifyInstance; house: House }> {
  const plain = await testHouse([writer]);
  const house = { ...plain, marker, reader: marker, config: ConfigSchema.parse({ home: "/nowhere", port: 0, open }) };
  const brief = { task: "chat" as const, messages: [{ role: "user" as const, content: "x" }], keep: true, model: "writer/one" };
  for await (const event of create(brief, contextOf(house, { id: "local", source: "api" }, AbortSignal.timeout(60_000))))
    if (event.type === "failed") throw event.error;
  const runs = new RunsInFlight(8);
  const app = buildApp(house, runs, "ink_local_test");
  close = async () => {
    close = async () => {};
    await app.close();
    await runs.drain(0);
    await house.close();
  };
  return { app, house };
}
const post = (app: FastifyInstance, url: string, payload: Buffer) =>
  app.inject({ method: "POST", url, payload, headers: { "content-type": "text/plain" } });

test("off by default", async () => {
  const { app } = await opened({});
  expect((await app.inject("/c2pa/services/supportedAlgorithms")).statusCode).toBe(404);
  expect((await post(app, "/public/verify", file)).statusCode).toBe(404);
  expect(Object.keys((await app.inject("/api/openapi.json")).json().paths)).not.toContain("/public/verify");
});

test("from stripped content to the manifest; and from a binding", async () => {
  const { app, house } = await opened({ resolution: "public" });
  expect((await app.inject("/c2pa/services/supportedAlgorithms")).json().fingerprints).toContainEqual({
    alg: "org.inkseal.minhash.1",
  });
  const { matches } = (await post(app, "/c2pa/matches/byContent?maxResults=3", file)).json();
  expect(matches).toEqual([{ manifestId: expect.stringMatching(/^urn:c2pa:/), similarityScore: expect.any(Number) }]);
  expect(matches[0].similarityScore).toBeGreaterThan(80);
  const answer = await app.inject(`/c2pa/manifests/${matches[0].manifestId}?returnActiveManifest=true`);
  expect(answer.headers["content-type"]).toBe("application/c2pa");
  expect(parseJumbf(new Uint8Array(answer.rawPayload)).children).toHaveLength(1);
  const { print } = (await house.marker.look(new Uint8Array(file)))[0]!;
  const value = Buffer.from(print.value).toString("base64");
  const query = `alg=${print.alg}&value=${encodeURIComponent(value)}`;
  expect((await app.inject(`/c2pa/matches/byBinding?${query}`)).json()).toEqual({ matches });
  const body = { method: "POST", url: "/c2pa/matches/byBinding", payload: { alg: print.alg, value } } as const;
  expect((await app.inject(body)).json()).toEqual({ matches });
  const foreign = Buffer.from(Array.from({ length: 90 }, (_, i) => `other${i}`).join(" "));
  expect((await post(app, "/c2pa/matches/byContent", foreign)).json()).toEqual({ matches: [] });
});

/** A picture of patches, and a second of noise that only its seed knows. */
const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};
function scene(seed: number): Raster {
  const next = random(seed);
  const patches = Array.from({ length: 64 }, () => Math.floor(256 * next()));
  const data = new Uint8ClampedArray(4 * 64 * 64).map((_, i) => {
    const [x, y] = [(i >> 2) & 63, i >> 8];
    return i % 4 === 3 ? 255 : (patches[(y >> 3) * 8 + (x >> 3)] as number);
  });
  return { width: 64, height: 64, data };
}
function noise(seed: number): Float32Array {
  const next = random(seed);
  return new Float32Array(8000 * 5).map(() => next() - 0.5);
}
/** A film, as `coder` reads it: a box of ISO BMFF, then the seed of its sound and those of its frames. */
const filmOf = (...seeds: number[]) => Buffer.concat([Buffer.from("\0\0\0\x10ftypisom\0\0\0\0", "latin1"), Buffer.from(seeds)]);
const coder = {
  sample: async (film: Uint8Array) => [...film.subarray(17)].map(scene),
  repaint: async () => undefined,
  decode: async (film: Uint8Array) => ({ samples: noise(film[16] as number), rate: 8000 }),
  remake: async () => undefined,
};

test("films: by frames and by sound, and the film of a still; a piece with several prints is one match", async () => {
  const { app, house } = await opened({ resolution: "public" });
  const film = filmOf(9, 1, 2, 3, 4, 5, 6);
  const reader = createMarker({ producer: { code: "X" }, video: coder, sound: coder });
  Object.assign(house, { reader });
  const prints = (await reader.look(film)).map(({ print }) => ({ ...print, keys: methods[print.alg]!.keys(print.value) }));
  expect(prints.map(({ alg }) => alg)).toEqual(["org.inkseal.pdq.1", "org.inkseal.haitsma.1"]);
  const manifest = { id: "urn:c2pa:film", store: new Uint8Array([1]) };
  await house.ledger.traces.put({ id: "art_film", run: "run_film", trace: { manifest, prints } });
  const matches = async (bytes: Buffer, more = "") =>
    (await post(app, `/c2pa/matches/byContent?maxResults=5${more}`, bytes)).json().matches;
  const found = [{ manifestId: manifest.id, similarityScore: 100 }];
  expect(await matches(filmOf(9, 2, 3, 4))).toEqual(found);
  expect(await matches(filmOf(70, 2, 3, 4))).toEqual(found);
  expect(await matches(filmOf(9, 71, 72, 73))).toEqual(found);
  expect(await matches(filmOf(9, 71, 72, 73), "&alg=org.inkseal.pdq.1")).toEqual([]);
  expect(await matches(filmOf(70, 71, 72, 73))).toEqual([]);
  const value = encodeURIComponent(Buffer.from(prints[0]!.value).toString("base64"));
  const named = await app.inject(`/c2pa/matches/byBinding?alg=org.inkseal.pdq.1&value=${value}`);
  expect(named.json().matches).toEqual(found);
  const still = writePng(encodePng(scene(3)));
  expect(await matches(Buffer.from(still))).toEqual(found);
});

test("wrong questions are told what is wrong", async () => {
  const { app } = await opened({ resolution: "public" });
  const codes = async (url: string) => (await app.inject(url)).json().error.param;
  expect(await codes("/c2pa/matches/byBinding?alg=no&value=AA==")).toBe("alg");
  expect(await codes("/c2pa/matches/byBinding?alg=org.inkseal.pdq.1&value=AA==")).toBe("value");
  expect((await app.inject("/c2pa/manifests/urn:c2pa:none")).statusCode).toBe(404);
  expect((await post(app, "/c2pa/matches/byContent", Buffer.alloc(0))).statusCode).toBe(400);
});

test("for keys: nobody without one, once there is one", async () => {
  const { app, house } = await opened({ resolution: "keys" });
  const { secret } = await house.ledger.keys.create({ name: "resolver", scopes: ["verify"] });
  expect((await app.inject("/c2pa/services/supportedAlgorithms")).statusCode).toBe(401);
  const headers = { authorization: `Bearer ${secret}` };
  expect((await app.inject({ url: "/c2pa/services/supportedAlgorithms", headers })).statusCode).toBe(200);
});

test("the public detector says what marks say, nothing of the run; bounded in size and number", async () => {
  const { app } = await opened({ detection: true, perMinute: 3, bodyBytes: 2000 });
  const report = (await post(app, "/public/verify", file)).json();
  expect(report).toMatchObject({ verdict: "similar", labelClass: 3 });
  expect(JSON.stringify(report)).not.toMatch(/run_|writer|signer/);
  expect((await post(app, "/public/verify", Buffer.alloc(2001, 0x20))).statusCode).toBe(413);
  expect((await post(app, "/public/verify", Buffer.from("{}"))).statusCode).toBe(200);
  const last = await post(app, "/public/verify", file);
  expect(last.statusCode).toBe(429);
  expect(Number(last.headers["retry-after"])).toBeGreaterThan(0);
});
