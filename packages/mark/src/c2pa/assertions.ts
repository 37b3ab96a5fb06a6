import { type Cbor, equalBytes, type JumbfBox } from "@inkseal/codec";
import { hashOnce, isHashName } from "./hashes.ts";
import { labels } from "./names.ts";
import { failure, type Status, success } from "./status.ts";
import { type HashedUri, hashedUris, type Manifest } from "./store.ts";
import { jumbfUri, labelOf, manifestUri } from "./uri.ts";

export const claimHash = (m: Manifest): Cbor => m.claim.get("alg") ?? "sha256";
/** Claims of version 2 tell what their signer made from what it was given (C2PA 2.2, 10.3). */
export const isVersion2 = (m: Manifest): boolean => m.claim.has("created_assertions");
export const assertionUri = (m: Manifest, label: string): string => `${manifestUri(m.label)}/${labels.assertions}/${label}`;

const lists = ["created_assertions", "gathered_assertions", "assertions"] as const;
/** Labels of the assertions in one of the claim's lists. */
export const listed = (m: Manifest, list: (typeof lists)[number]): string[] =>
  (hashedUris(m.claim.get(list)) ?? []).map((u) => labelOf(u.url));

/**
 * Every hashed URI of the claim against the box it names (15.10.3.1), but for those that a later manifest says it took out:
 * `redacted` are their absolute URIs.
 */
export function checkAssertions(m: Manifest, redacted: ReadonlySet<string> = new Set()): Status[] {
  const all = lists.map((list) => hashedUris(m.claim.get(list)));
  const whole = manifestUri(m.label);
  if (all.includes(undefined)) return [failure("claim.malformed", "an assertion reference is malformed", whole)];
  const uris = all.flat() as HashedUri[];
  if (uris.length === 0) return [failure("claim.malformed", "a claim without assertions", whole)];
  const named = new Set(uris.map((u) => labelOf(u.url)));
  const mislabelled =
    isVersion2(m) && !isLabel(m.label) ? [failure("claim.malformed", "the label of a manifest is a URN of C2PA's", whole)] : [];
  const undeclared = m.assertions.filter((box) => !named.has(box.label ?? ""));
  return [
    ...mislabelled,
    ...uris.filter((uri) => !redacted.has(assertionUri(m, labelOf(uri.url)))).map((uri) => checkUri(m, uri)),
    ...undeclared.map((box) =>
      failure("assertion.undeclared", `${box.label} is not in the claim`, assertionUri(m, box.label ?? "")),
    ),
  ];
}

/** 8.3: `urn:c2pa:UUID`, then perhaps who made it and which version it is; version 1 had `urn:uuid:UUID`, with a vendor in front or not. */
const isLabel = (label: string): boolean =>
  /^urn:(?:uuid:[^:]*|c2pa:[^:]*(?::[!-~]{0,32})?(?::\d*(?:_\d+)?)?)$|^[^:]*:urn:uuid:[^:]*$/.test(label);

function checkUri(m: Manifest, uri: HashedUri): Status {
  const label = labelOf(uri.url);
  const place = jumbfUri(uri.url);
  const url = assertionUri(m, label);
  if (
    place === undefined ||
    (place.manifest ?? m.label) !== m.label ||
    place.path.join("/") !== `${labels.assertions}/${label}`
  )
    return failure("assertion.outsideManifest", uri.url, url);
  const boxes = m.assertions.filter((b) => b.label === label);
  if (boxes.length !== 1) return failure("assertion.missing", label, url);
  const alg = uri.alg ?? claimHash(m);
  if (!isHashName(alg)) return failure("algorithm.unsupported", String(alg), url);
  return equalBytes(hashOnce((boxes[0] as JumbfBox).payload, alg), uri.hash)
    ? success("assertion.hashedURI.match", label, url)
    : failure("assertion.hashedURI.mismatch", label, url);
}
