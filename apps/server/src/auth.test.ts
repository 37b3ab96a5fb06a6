import { afterAll, describe, expect, it } from "vitest";
import type { House } from "./house.ts";
import { RunsInFlight } from "./runs.ts";
import { buildApp, startServer } from "./server.ts";
import { closeTestDatabase, testHouse } from "./test/house.ts";

afterAll(closeTestDatabase);

const at = async (host: string): Promise<House> => {
  const house = await testHouse([]);
  return { ...house, config: { ...house.config, host } };
};
const ask = async (house: House, secret?: string): Promise<number> => {
  const app = buildApp(house, new RunsInFlight(4), "ink_local_x");
  const answer = await app.inject({
    url: "/api/policies",
    headers: { host: "127.0.0.1", ...(secret && { authorization: `Bearer ${secret}` }) },
  });
  await app.close();
  return answer.statusCode;
};

describe("the door", () => {
  it("is open on loopback while no key exists, and when all were taken back", async () => {
    const house = await at("127.0.0.1");
    expect(await ask(house)).toBe(200);
    const { key, secret } = await house.ledger.keys.create({ name: "a" });
    expect(await ask(house)).toBe(401);
    expect(await ask(house, secret)).toBe(200);
    await house.ledger.keys.revoke(key.id);
    expect(await ask(house)).toBe(200);
  });
  it("stays shut when a key has merely expired", async () => {
    const house = await at("127.0.0.1");
    const { secret } = await house.ledger.keys.create({ name: "a", expiresAt: "2020-01-01T00:00:00Z" });
    expect(await ask(house)).toBe(401);
    expect(await ask(house, secret)).toBe(401);
  });
  it("never opens to the network, also when the last key is taken back", async () => {
    const house = await at("0.0.0.0");
    await expect(startServer(house)).rejects.toMatchObject({ code: "forbidden" });
    const { key, secret } = await house.ledger.keys.create({ name: "a" });
    expect(await ask(house, secret)).toBe(200);
    await house.ledger.keys.revoke(key.id);
    expect(await ask(house)).toBe(401);
    expect(await ask(house, secret)).toBe(401);
    expect(await ask(house, "ink_local_x")).toBe(200); // this user's own CLI
  });
});

describe("pages of other origins", () => {
  const app = "https://app.example";
  const call = async (allowedOrigins: readonly string[], origin: string, method: "GET" | "OPTIONS") => {
    const house = await testHouse([]);
    const { secret } = await house.ledger.keys.create({ name: "a" });
    const server = buildApp(
      { ...house, config: { ...house.config, allowedOrigins: [...allowedOrigins] } },
      new RunsInFlight(4),
      "x",
    );
    const asks = { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" };
    const headers = method === "GET" ? { origin, authorization: `Bearer ${secret}` } : asks;
    const answer = await server.inject({ method, url: "/v1/models", headers });
    await server.close();
    return answer;
  };
  it("may call when they are named", async () => {
    const preflight = await call([app], app, "OPTIONS");
    expect(preflight.statusCode).toBe(204);
    expect(preflight.headers).toMatchObject({
      "access-control-allow-origin": app,
      "access-control-allow-headers": "authorization",
    });
    const answer = await call([app], app, "GET");
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["access-control-allow-origin"]).toBe(app);
    expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
  });
  it.each([
    ["nobody is named", [], app],
    ["somebody else is", [app], "https://app.example.evil"],
  ])("learn nothing when %s", async (_, allowed, origin) => {
    for (const method of ["OPTIONS", "GET"] as const)
      expect((await call(allowed, origin, method)).headers["access-control-allow-origin"]).toBeUndefined();
  });
});
