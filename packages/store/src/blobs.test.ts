import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startS3, type TestS3, testBlobs } from "@inkseal/testkit";
import S3rver from "s3rver";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBlobs } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "inkseal-blobs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

testBlobs("memory", () => openBlobs());
testBlobs("disk", () => openBlobs({ folder: join(folder, "disk") }));

describe("disk", () => {
  it("leaves nothing half-written behind, its own or a dead process's", async () => {
    const place = join(folder, "halves");
    mkdirSync(join(place, "tmp"), { recursive: true });
    writeFileSync(join(place, "tmp", "999999999.1"), "half");
    const blobs = await openBlobs({ folder: place });
    await blobs.put("a", new Uint8Array(10));
    expect(readdirSync(join(place, "tmp"))).toEqual([]);
  });
});

describe("S3, signatures checked", () => {
  let server: TestS3;
  beforeAll(async () => {
    server = await startS3();
  });
  afterAll(() => server?.close());
  const at = (bucket: string) => `s3://${bucket}/pre/fix?endpoint=${server.endpoint}&region=eu-central-1`;
  testBlobs("S3", () => openBlobs({ url: at("house"), credentials: server.credentials }));

  it("says what the store answered when it refuses", async () => {
    const wrong = await openBlobs({ url: at("house"), credentials: { ...server.credentials, secretAccessKey: "x" } });
    await expect(wrong.put("a", new Uint8Array())).rejects.toThrow(/answered 403 to PUT/);
    await expect(wrong.get("a")).rejects.toThrow(/answered 403 to GET/);
    const nowhere = await openBlobs({ url: at("nowhere"), credentials: server.credentials });
    await expect(nowhere.put("a", new Uint8Array())).rejects.toThrow(/answered 404 to PUT/);
  });

  it("tries again when the store is busy", async () => {
    const blobs = await openBlobs({ url: at("house"), credentials: server.credentials });
    server.busy(2);
    await blobs.put("later", new Uint8Array([7]));
    expect([...((await blobs.get("later")) ?? [])]).toEqual([7]);
  });
});

describe("S3 by s3rver", () => {
  // another's implementation, for the protocol; it checks the account, not the signature
  let server: S3rver;
  let endpoint = "";
  beforeAll(async () => {
    const directory = join(folder, "s3");
    const configureBuckets = [{ name: "house", configs: [] }];
    server = new S3rver({ port: 0, address: "127.0.0.1", silent: true, directory, configureBuckets });
    endpoint = `http://127.0.0.1:${(await server.run()).port}`;
  });
  afterAll(() => server?.close());
  const credentials = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };
  testBlobs("s3rver", () => openBlobs({ url: `s3://house?endpoint=${endpoint}`, credentials }));
});

it("refuses URLs of other kinds, and S3 without credentials", async () => {
  await expect(openBlobs({ url: "ftp://x/y" })).rejects.toThrow(RangeError);
  await expect(openBlobs({ url: "s3://bucket" })).rejects.toThrow(RangeError);
});
