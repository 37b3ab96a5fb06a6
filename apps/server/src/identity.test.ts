import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeIdentity } from "@inkseal/mark";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadSecrets } from "./identity.ts";

const now = () => Date.parse("2026-11-25T12:00:00Z");
let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "inkseal-identity-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function bring() {
  const made = await makeIdentity({ commonName: "brought", now: now() });
  const paths = { chain: join(home, "c.pem"), key: join(home, "k.pem"), trust: join(home, "r.pem") };
  await writeFile(paths.chain, made.chainPem);
  await writeFile(paths.key, made.privateKeyPkcs8Pem);
  await writeFile(paths.trust, made.rootPem);
  return { made, paths };
}

test("the first start makes an identity, the second finds it", async () => {
  const first = await loadSecrets(home, now);
  expect((await readdir(join(home, "identity"))).sort()).toEqual([
    "chain.pem",
    "key.pem",
    "root.pem",
    "seal.key",
    "watermark.key",
  ]);
  const second = await loadSecrets(home, now);
  expect([second.signer.certificates, second.trustPem, second.sealKey]).toEqual([
    first.signer.certificates,
    first.trustPem,
    first.sealKey,
  ]);
});

test("a certificate that was brought signs, and what the house signed before stays trusted", async () => {
  const before = await loadSecrets(home, now);
  const { made, paths } = await bring();
  const secrets = await loadSecrets(home, now, { signing: paths });
  expect(secrets.signer.certificates).toBe(made.chainPem);
  expect(secrets.trustPem).toContain(made.rootPem.trim());
  expect(secrets.trustPem).toContain(before.trustPem.trim());
});

test("with one brought on the first start, none is made; a missing file or another's key is refused", async () => {
  const { made, paths } = await bring();
  expect((await loadSecrets(home, now, { signing: { chain: paths.chain, key: paths.key } })).signer.certificates).toBe(
    made.chainPem,
  );
  expect(await readdir(join(home, "identity"))).toEqual(["seal.key", "watermark.key"]);
  await expect(loadSecrets(home, now, { signing: { ...paths, chain: join(home, "none.pem") } })).rejects.toMatchObject({
    code: "bad-request",
  });
  await writeFile(paths.key, (await makeIdentity({ commonName: "other", now: now() })).privateKeyPkcs8Pem);
  await expect(loadSecrets(home, now, { signing: paths })).rejects.toMatchObject({ code: "bad-request" });
});

test("roots of time-stamping authorities come from the file that is named", async () => {
  const { made, paths } = await bring();
  expect((await loadSecrets(home, now)).timeStampTrustPem).toBe("");
  expect((await loadSecrets(home, now, { timeStamps: { trust: paths.trust } })).timeStampTrustPem).toContain(
    made.rootPem.trim(),
  );
  const none = { timeStamps: { trust: join(home, "none.pem") } };
  await expect(loadSecrets(home, now, none)).rejects.toMatchObject({ code: "bad-request" });
});
