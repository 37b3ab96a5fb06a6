import { createServer } from "node:http";
import type { AddressInfo, LookupFunction } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Answer, Transport } from "../transport.ts";
import { assertPublicUrl, guardedTransport } from "./guarded-transport.ts";
import { isPublicAddress, publicLookup } from "./public-address.ts";

const forbidden = expect.objectContaining({ code: "forbidden" });
const answer = (status: number, headers: Answer["headers"] = {}, body = "ok"): Answer => ({
  status,
  headers,
  body: (async function* () {
    yield Buffer.from(body);
  })(),
  text: () => Promise.resolve(body),
});
const resolving =
  (...addresses: string[]): LookupFunction =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );

describe("public addresses", () => {
  it.each(["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "2606:4700::1111", "2a00::1"])(
    "are %s",
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
  it.each([
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "198.19.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2001::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "localhost",
    "",
  ])("are not %s", (address) => expect(isPublicAddress(address)).toBe(false));
  it("are none of the private ones, however the URL writes them", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffff }), fc.constantFrom(10, 127), (rest, first) => {
        const n = first * 0x1000000 + rest;
        for (const host of [String(n), `0x${n.toString(16)}`, `0${n.toString(8)}`, `${first}.${rest}`])
          expect(() => assertPublicUrl(`http://${host}/`)).toThrow(forbidden);
      }),
    );
  });
  it.each([
    "http://127.0.0.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://１２７.0.0.1/",
    "file:///etc/passwd",
    "ftp://example.com/",
    "data:text/plain,x",
    "https://user:password@example.com/",
  ])("are refused as %s", (url) => expect(() => assertPublicUrl(url)).toThrow(forbidden));
});

describe("guardedTransport", () => {
  let hits = 0;
  const server = createServer((_request, response) => {
    hits++;
    response.end("secret");
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  const port = (): number => (server.address() as AddressInfo).port;

  it("does not connect to a name that resolves to this machine, in v4, v6 or mixed with a public address", async () => {
    for (const addresses of [["127.0.0.1"], ["::ffff:127.0.0.1"], ["1.1.1.1", "127.0.0.1"]]) {
      const transport = guardedTransport({ lookup: resolving(...addresses) });
      await expect(transport({ method: "GET", url: `http://rebound.example:${port()}/` })).rejects.toEqual(forbidden);
      await transport.close();
    }
    expect(hits).toBe(0);
  });
  it("hands sockets exactly the addresses it checked", () => {
    const seen: unknown[] = [];
    publicLookup(resolving("1.1.1.1"))("x.example", { all: false }, (...args) => seen.push(args));
    publicLookup(resolving("10.0.0.1"))("x.example", { all: false }, (...args) => seen.push(args[0]));
    expect(seen).toEqual([[null, "1.1.1.1", 4], forbidden]);
  });
  it("checks every redirect, and takes the headers along only within the origin", async () => {
    const calls: { url: string; headers?: object }[] = [];
    const way: Record<string, string> = {
      "https://a.example/1": "/2",
      "https://a.example/2": "https://b.example/3",
      "https://b.example/loop": "/loop",
      "https://b.example/in": "http://169.254.169.254/latest/meta-data",
    };
    const transport: Transport = ({ url, headers }) => {
      calls.push({ url, headers });
      return Promise.resolve(url in way ? answer(302, { location: way[url] }) : answer(200));
    };
    const get = (url: string): Promise<Answer> => guardedTransport({ transport })({ method: "GET", url, headers: { a: "b" } });
    expect(await (await get("https://a.example/1")).text()).toBe("ok");
    expect(calls).toEqual([
      { url: "https://a.example/1", headers: { a: "b" } },
      { url: "https://a.example/2", headers: { a: "b" } },
      { url: "https://b.example/3", headers: undefined },
    ]);
    await expect(get("https://b.example/in")).rejects.toEqual(forbidden);
    await expect(get("https://b.example/loop")).rejects.toEqual(forbidden);
    expect(calls.some((c) => c.url.includes("169.254"))).toBe(false);
  });
  it("stops at its limit of bytes", async () => {
    const transport = guardedTransport({ transport: () => Promise.resolve(answer(200, {}, "12345")), maxBytes: 4 });
    const long = await transport({ method: "GET", url: "https://a.example/" });
    await expect(long.text()).rejects.toMatchObject({ code: "too-large" });
  });
});
