import type { X509Certificate } from "@peculiar/x509";
import { checkTimeStamp, type TimeStampVerdict } from "../time-stamp/check.ts";
import { checkChain, parseChain } from "./certificates.ts";
import { parseSign1 } from "./cose.ts";
import { describe } from "./describe.ts";
import { labels } from "./names.ts";
import { verifySign1 } from "./signature.ts";
import { failure, informational, type Status, success, untrusted } from "./status.ts";
import type { Manifest } from "./store.ts";
import { jumbfUri, manifestUri } from "./uri.ts";

/** Whom to believe, and when. */
export interface ValidationOptions {
  readonly roots: readonly X509Certificate[];
  /**
   * Milliseconds since 1970: certificates must be valid then, as the standard has it without a time-stamp to trust. Without a
   * clock, the signing time that the manifest itself claims is used.
   */
  readonly now?: (() => number) | undefined;
  /** Roots of time-stamping authorities. Under one of them, what counts is the time of the stamp. */
  readonly timeStampRoots?: readonly X509Certificate[];
  /** Roots of those who vouch for identities (CAWG): another list, since who may sign a claim need not know who people are. */
  readonly identityRoots?: readonly X509Certificate[];
}

/** Signature, profile of the certificate and chain (15.7, 15.8); with a `stamp` that counts, at its time. */
export async function checkSignature(m: Manifest, options: ValidationOptions, stamp?: TimeStampVerdict): Promise<Status[]> {
  const reference = m.claim.get("signature");
  const url = `${manifestUri(m.label)}/${labels.signature}`;
  // the absolute form binds the manifest's own label, which no hash covers
  const place = typeof reference === "string" ? jumbfUri(reference) : undefined;
  const inside = [labels.signature, `${m.label}/${labels.signature}`]; // the second, relative to the store, is written by some
  if (place === undefined || (place.manifest ?? m.label) !== m.label || !inside.includes(place.path.join("/")))
    return [failure("claimSignature.missing", "the claim names no signature of this manifest", url)];
  const sign1 = parseSign1(m.signature);
  const chain = parseChain(sign1.chain);
  if (chain === undefined) return [failure("signingCredential.invalid", "a certificate cannot be read", url)];
  const verified = await verifySign1(sign1, chain.leaf, m.claimBytes);
  const stamped = stamp?.code === "timeStamp.trusted" ? stamp.time : undefined;
  const at = stamped ?? options.now?.() ?? claimedTime(m);
  const { fault, trusted, detail, signer } = await checkChain(chain, options.roots, at);
  const statuses: Status[] = [];
  if (verified === undefined) statuses.push(failure("algorithm.unsupported", `COSE algorithm ${sign1.algorithm}`, url));
  if (verified) statuses.push(success("claimSignature.validated", signer, url));
  else statuses.push(failure("claimSignature.mismatch", "the signature does not fit the claim", url));
  if (fault !== undefined) {
    const kind = fault.code === "invalid" ? failure : untrusted;
    statuses.push(kind(`signingCredential.${fault.code}`, `${signer}: ${fault.detail}`, url));
  }
  if (trusted) statuses.push(success("signingCredential.trusted", `${signer}: ${detail}`, url));
  else statuses.push(untrusted("signingCredential.untrusted", `${signer}: ${detail}`, url));
  return statuses;
}

function claimedTime(m: Manifest): number {
  const when = describe(m).when;
  const time = typeof when === "string" ? Date.parse(when) : Number.NaN;
  return Number.isNaN(time) ? 0 : time;
}

/** The time-stamp of the signature, judged; undefined where there is none. */
export async function readStamp(m: Manifest, options: ValidationOptions): Promise<TimeStampVerdict | undefined> {
  const { timeStamp } = parseSign1(m.signature);
  return timeStamp && checkTimeStamp(timeStamp.token, timeStamp.covers(m.claimBytes), options.timeStampRoots ?? []);
}

/** A stamp stands outside of what is signed, so anybody can spoil it: one that does not hold is as good as none (15.8.3). */
export function stampStatuses(stamp: TimeStampVerdict | undefined): Status[] {
  if (stamp === undefined) return [];
  const { code, detail, by } = stamp;
  if (by === undefined || code === "timeStamp.outsideValidity") return [informational(code, detail)];
  const kind = code === "timeStamp.trusted" ? success : informational;
  return [success("timeStamp.validated", by), kind(code, detail)];
}

const stampTime = ({ time = 0 }: TimeStampVerdict): string => new Date(time).toISOString();

export function stampWords(stamp: TimeStampVerdict | undefined): string {
  if (stamp === undefined) return "";
  if (stamp.code === "timeStamp.trusted") return `, time-stamped ${stampTime(stamp)} by ${stamp.by}`;
  const who = stamp.by === undefined ? "" : ` of ${stamp.by} (${stampTime(stamp)})`;
  return `; its time-stamp${who} does not count: ${stamp.code}: ${stamp.detail}`;
}

export const stampData = (stamp: TimeStampVerdict | undefined): Record<string, unknown> =>
  stamp === undefined
    ? {}
    : {
        timeStamp: {
          status: stamp.code === "timeStamp.trusted" ? "valid" : stamp.code === "timeStamp.untrusted" ? "untrusted" : "invalid",
          code: stamp.code,
          ...(stamp.by !== undefined && { at: stampTime(stamp), by: stamp.by.slice(0, 512) }),
        },
      };
