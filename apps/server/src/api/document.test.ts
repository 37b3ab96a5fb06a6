import { Ajv2020 } from "ajv/dist/2020.js";
import type { FastifyInstance } from "fastify";
import { afterAll, describe, expect, it } from "vitest";
import { RunsInFlight } from "../runs.ts";
import { buildApp } from "../server.ts";
import { closeTestDatabase, scripted, testHouse } from "../test/house.ts";

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: { readonly $ref: string } }>> }>
  >;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const png = Uint8Array.from(
  Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64"),
);
const maker = scripted("maker", async function* ({ brief }) {
  if (brief.task === "image") yield [{ index: 0, media: { mediaType: "image/png", bytes: png, last: true } }];
  else yield [{ index: 0, text: "字", toolCalls: [{ call: 0, id: "c", name: "f", arguments: "{}" }] }];
  yield [{ index: 0, finish: "stop", usage: { outputTokens: 1 } }];
});
const house = await testHouse([maker]);
const app: FastifyInstance = buildApp(house, new RunsInFlight(8), "ink_local_test");
afterAll(async () => {
  await app.close();
  await house.close();
  await closeTestDatabase();
});

const document = (await app.inject("/api/openapi.json")).json<Document>();
const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(document, "document", false, false);

/** What the document says is wrong with an answer; empty when it is as documented. */
function faults(method: string, path: string, status: number, type: string, body: unknown): unknown {
  const responses = document.paths[path]?.[method.toLowerCase()]?.responses;
  const schema = (responses?.[status] ?? responses?.default)?.content?.[type]?.schema;
  if (schema === undefined) return `${method} ${path} ${status} ${type} is not documented`;
  const validate = ajv.compile({ $ref: `document${schema.$ref}` });
  return validate(body) ? [] : validate.errors;
}

describe("every answer is as the OpenAPI document says, by a validator that is not ours", () => {
  const json = { "content-type": "application/json" };
  const chat = JSON.stringify({ task: "chat", messages: [{ role: "user", content: "x" }] });
  const image = JSON.stringify({ task: "image", text: "x" });
  it.each([
    ["POST", "/api/runs", "/api/runs", chat],
    ["POST", "/api/runs", "/api/runs", image],
    ["POST", "/api/runs", "/api/runs", "{}"],
    ["GET", "/api/runs", "/api/runs?limit=1", undefined],
    ["GET", "/api/runs/{run}", "/api/runs/nobody", undefined],
    ["GET", "/api/health", "/api/health", undefined],
    ["GET", "/api/models", "/api/models", undefined],
    ["GET", "/api/artifacts", "/api/artifacts", undefined],
    ["GET", "/api/trainings", "/api/trainings", undefined],
    ["GET", "/api/trainings/{name}", "/api/trainings/nobody", undefined],
    ["POST", "/api/verify", "/api/verify", "words"],
    ["GET", "/api/ledger", "/api/ledger", undefined],
    ["GET", "/api/ledger/verify", "/api/ledger/verify", undefined],
    ["PUT", "/api/policies/{name}", "/api/policies/p", "{}"],
    ["GET", "/api/policies", "/api/policies", undefined],
    ["GET", "/api/policies/{name}", "/api/policies/p", undefined],
    ["POST", "/api/keys", "/api/keys", '{"name":"k","budget":{"period":"day","tokens":5}}'],
  ] as const)("%s %s", async (method, path, url, payload) => {
    const answer = await app.inject({ method, url, payload, headers: payload === undefined ? {} : json });
    expect(faults(method, path, answer.statusCode, "application/json", answer.json())).toEqual([]);
  });

  it("every event of a stream too", async () => {
    const { keys } = house.ledger;
    for (const { id } of await keys.list()) await keys.revoke(id);
    for (const payload of [chat, image]) {
      const answer = await app.inject({
        method: "POST",
        url: "/api/runs",
        payload,
        headers: { ...json, accept: "text/event-stream" },
      });
      const events = [...answer.body.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data as string));
      expect(events.length).toBeGreaterThan(2);
      for (const event of events) expect(faults("POST", "/api/runs", 200, "text/event-stream", event)).toEqual([]);
    }
  });
});
