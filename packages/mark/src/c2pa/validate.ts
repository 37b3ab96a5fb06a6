import { type Cbor, equalBytes, type JumbfBox, Tagged } from "@inkseal/codec";
import { InksealError, type LayerVerdict } from "@inkseal/core";
import type { X509Certificate } from "@peculiar/x509";
import { checkTimeStamp, type TimeStampVerdict } from "../time-stamp/check.ts";
import { dataHash } from "./bindings/data.ts";
import { checkChain, parseChain } from "./certificates.ts";
import type { Container, Place } from "./container.ts";
import { parseSign1 } from "./cose.ts";
import { hashPayload, isHashName } from "./hashes.ts";
import { checkIngredients } from "./ingredient.ts";
import { labels } from "./names.ts";
import { verifySign1 } from "./signature.ts";
import { failure, informational, type Status, success, untrusted } from "./status.ts";
import { assertionMap, type HashedUri, hashedUris, type Manifest, parseStore } from "./store.ts";

export interface ValidationOptions {
  readonly roots: readonly X509Certificate[];
  /**
   * Milliseconds since 1970: certificates must be valid then, as the standard has it without a time-stamp to trust. Without a
   * clock, the signing time that the manifest itself claims is used.
   */
  readonly now?: (() => number) | undefined;
  /** Roots of time-stamping authorities. Under one of them, what counts is the time of the stamp. */
  readonly timeStampRoots?: readonly X509Certificate[];
}

/** A layer verdict with every status it rests on. */
export interface C2paVerdict extends LayerVerdict {
  readonly statuses: readonly Status[];
}

/**
 * What a file's C2PA manifest says and whether that holds: every assertion hash, the data hash, the claim signature and
 * the certificate chain of the active manifest. Claim versions 1 and 2. Never throws: bad input is a verdict.
 *
 * `valid`: everything holds and the signer is trusted. `untrusted`: nothing contradicts the bytes, but the signer's root
 * is unknown, a certificate has run out, or a hash of a kind not read here could not be checked. `invalid`: something
 * contradicts the bytes.
 */
export async function validate(file: Uint8Array, container: Container, options: ValidationOptions): Promise<C2paVerdict> {
  const base = { layer: "c2pa", method: "c2pa.2" } as const;
  try {
    const found = container.extract(file);
    if (found === undefined) return { ...base, status: "absent", detail: "no C2PA manifest", data: {}, statuses: [] };
    const { manifests, active } = parseStore(found.store);
    const stamp = await readStamp(active, options);
    const statuses = [
      ...checkAssertions(active),
      ...(await checkBinding(file, container, active, found.place)),
      ...(await checkSignature(active, options, stamp)),
      ...stampStatuses(stamp),
      ...checkIngredients(active, manifests),
    ];
    const worst = statuses.find((s) => s.kind === "failure") ?? statuses.find((s) => s.kind === "untrusted");
    return {
      ...base,
      method: active.claim.has("created_assertions") ? "c2pa.2" : "c2pa.1",
      status: worst === undefined ? "valid" : worst.kind === "failure" ? "invalid" : "untrusted",
      detail:
        worst === undefined
          ? `claimSignature.validated, assertion hashes and data hash match, signer trusted${stampWords(stamp)}`
          : `${worst.code}: ${worst.detail}${stampWords(stamp)}`,
      data: { ...describe(active), ...stampData(stamp), manifests: manifests.length, codes: statuses.map((s) => s.code) },
      statuses,
    };
  } catch (error) {
    const malformed = failure("claim.malformed", InksealError.is(error) ? error.message : "the manifest cannot be read");
    const detail = `${malformed.code}: ${malformed.detail}`;
    return { ...base, status: "invalid", detail, data: { codes: [malformed.code] }, statuses: [malformed] };
  }
}

const claimHash = (m: Manifest): Cbor => m.claim.get("alg") ?? "sha256";

/** Every hashed URI of the claim against the box it names (15.10.3.1). */
export function checkAssertions(m: Manifest): Status[] {
  const lists = [m.claim.get("created_assertions"), m.claim.get("gathered_assertions"), m.claim.get("assertions")].map(
    hashedUris,
  );
  if (lists.includes(undefined)) return [failure("claim.malformed", "an assertion reference is malformed")];
  const uris = lists.flat() as HashedUri[];
  if (uris.length === 0) return [failure("claim.malformed", "a claim without assertions")];
  const statuses = uris.map((uri) => checkUri(m, uri));
  const named = new Set(uris.map((u) => labelOf(u.url)));
  for (const box of m.assertions) {
    if (!named.has(box.label ?? "")) statuses.push(failure("assertion.undeclared", `${box.label} is not in the claim`));
  }
  return statuses;
}

const labelOf = (url: string): string => url.slice(url.lastIndexOf("/") + 1);

function checkUri(m: Manifest, uri: HashedUri): Status {
  const label = labelOf(uri.url);
  const inside = [`self#jumbf=${labels.assertions}/${label}`, `self#jumbf=/c2pa/${m.label}/${labels.assertions}/${label}`];
  if (!inside.includes(uri.url)) return failure("assertion.outsideManifest", uri.url);
  const boxes = m.assertions.filter((b) => b.label === label);
  if (boxes.length !== 1) return failure("assertion.missing", label);
  const alg = uri.alg ?? claimHash(m);
  if (!isHashName(alg)) return failure("algorithm.unsupported", String(alg));
  return equalBytes(hashPayload((boxes[0] as JumbfBox).payload, alg), uri.hash)
    ? success("assertion.hashedURI.match", label)
    : failure("assertion.hashedURI.mismatch", label);
}

/** The hard binding: one assertion that ties the claim to the file (15.12). */
async function checkBinding(file: Uint8Array, container: Container, m: Manifest, place: Place): Promise<Status[]> {
  const boxes = m.assertions.filter((b) => b.label?.startsWith("c2pa.hash."));
  const [box] = boxes;
  if (box === undefined) return [failure("claim.hardBindings.missing", "nothing binds the manifest to the file")];
  if (boxes.length > 1) return [failure("assertion.multipleHardBindings", `${boxes.length} hard bindings`)];
  const label = box.label ?? "";
  const binding = [container.binding, dataHash()].find((b) => b?.reads(label));
  if (binding === undefined)
    return [untrusted("algorithm.unsupported", `${label} is not read here, so changes to the file would go unseen`)];
  return binding.check(file, place, assertionMap(box) ?? new Map(), claimHash(m));
}

/** The time-stamp of the signature, judged; undefined where there is none. */
async function readStamp(m: Manifest, options: ValidationOptions): Promise<TimeStampVerdict | undefined> {
  const { timeStamp } = parseSign1(m.signature);
  return timeStamp && checkTimeStamp(timeStamp.token, timeStamp.covers(m.claimBytes), options.timeStampRoots ?? []);
}

/** A stamp stands outside of what is signed, so anybody can spoil it: one that does not hold is as good as none (15.8.3). */
function stampStatuses(stamp: TimeStampVerdict | undefined): Status[] {
  if (stamp === undefined) return [];
  const { code, detail, by } = stamp;
  if (by === undefined || code === "timeStamp.outsideValidity") return [informational(code, detail)];
  const kind = code === "timeStamp.trusted" ? success : informational;
  return [success("timeStamp.validated", by), kind(code, detail)];
}

const stampTime = ({ time = 0 }: TimeStampVerdict): string => new Date(time).toISOString();

function stampWords(stamp: TimeStampVerdict | undefined): string {
  if (stamp === undefined) return "";
  if (stamp.code === "timeStamp.trusted") return `, time-stamped ${stampTime(stamp)} by ${stamp.by}`;
  const who = stamp.by === undefined ? "" : ` of ${stamp.by} (${stampTime(stamp)})`;
  return `; its time-stamp${who} does not count: ${stamp.code}: ${stamp.detail}`;
}

const stampData = (stamp: TimeStampVerdict | undefined): Record<string, unknown> =>
  stamp === undefined
    ? {}
    : {
        timeStamp: {
          status: stamp.code === "timeStamp.trusted" ? "valid" : stamp.code === "timeStamp.untrusted" ? "untrusted" : "invalid",
          code: stamp.code,
          ...(stamp.by !== undefined && { at: stampTime(stamp), by: stamp.by.slice(0, 512) }),
        },
      };

/** Signature and chain; with a `stamp` that counts, the chain at its time. */
export async function checkSignature(m: Manifest, options: ValidationOptions, stamp?: TimeStampVerdict): Promise<Status[]> {
  const reference = m.claim.get("signature");
  // the absolute form binds the manifest's own label, which no hash covers
  const places = [`self#jumbf=/c2pa/${m.label}/${labels.signature}`, `self#jumbf=${labels.signature}`];
  if (typeof reference !== "string" || !places.includes(reference))
    return [failure("claimSignature.missing", "the claim names no signature of this manifest")];
  const sign1 = parseSign1(m.signature);
  const chain = parseChain(sign1.chain);
  if (chain === undefined) return [failure("signingCredential.invalid", "a certificate cannot be read")];
  const verified = await verifySign1(sign1, chain.leaf, m.claimBytes);
  if (verified === undefined) return [failure("algorithm.unsupported", `COSE algorithm ${sign1.algorithm}`)];
  if (!verified) return [failure("claimSignature.mismatch", "the signature does not fit the claim")];
  const stamped = stamp?.code === "timeStamp.trusted" ? stamp.time : undefined;
  const { code, detail, signer } = await checkChain(chain, options.roots, stamped ?? options.now?.() ?? claimedTime(m));
  const kind = code === "trusted" ? success : code === "invalid" ? failure : untrusted;
  return [success("claimSignature.validated", signer), kind(`signingCredential.${code}`, `${signer}: ${detail}`)];
}

function claimedTime(m: Manifest): number {
  const when = describe(m).when;
  const time = typeof when === "string" ? Date.parse(when) : Number.NaN;
  return Number.isNaN(time) ? 0 : time;
}

/** What people want to know of a manifest: who, with what, how it was made; run and artifact when it is ours. */
export function describe(m: Manifest): Record<string, unknown> {
  const text = (v: Cbor): string | undefined => (typeof v === "string" ? v.slice(0, 512) : undefined);
  const find = (prefix: string) => m.assertions.filter((b) => b.label?.startsWith(prefix)).map(assertionMap);
  const info = m.claim.get("claim_generator_info");
  const first = Array.isArray(info) ? (info[0] as Cbor) : info;
  const generator =
    first instanceof Map
      ? [text(first.get("name")), text(first.get("version"))].filter(Boolean).join(" ")
      : text(m.claim.get("claim_generator"));
  const actions = find("c2pa.actions")
    .flatMap((a) => a?.get("actions") ?? [])
    .filter((a): a is Map<Cbor, Cbor> => a instanceof Map);
  const created = actions.find((a) => a.get("digitalSourceType") !== undefined) ?? actions[0];
  const agent = created?.get("softwareAgent");
  const when = created?.get("when");
  const run = find(labels.run)[0];
  const chain = parseChain(parseSign1(m.signature).chain);
  const data = {
    manifest: m.label.slice(0, 200),
    generator,
    signer: chain?.leaf.subject.slice(0, 512),
    action: text(created?.get("action")),
    digitalSourceType: text(created?.get("digitalSourceType")),
    softwareAgent: agent instanceof Map ? text(agent.get("name")) : text(agent),
    when: text(when instanceof Tagged ? when.value : when),
    run: text(run?.get("run")),
    artifact: text(run?.get("artifact")),
  };
  return Object.fromEntries(Object.entries(data).filter(([, v]) => v !== undefined));
}
