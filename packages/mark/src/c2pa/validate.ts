import { InksealError, type LayerVerdict } from "@inkseal/core";
import { checkActions } from "./actions.ts";
import { checkAssertions, isVersion2 } from "./assertions.ts";
import { checkHardBinding } from "./bindings/hard.ts";
import { checkSignature, readStamp, stampData, stampStatuses, stampWords, type ValidationOptions } from "./claim-signature.ts";
import type { Container } from "./container.ts";
import { describe } from "./describe.ts";
import { checkIdentities } from "./identity-assertion.ts";
import { checkIngredients } from "./ingredients.ts";
import { redactions } from "./redaction.ts";
import { failure, type State, type Status, stateOf } from "./status.ts";
import { parseStore } from "./store.ts";

export type { ValidationOptions } from "./claim-signature.ts";

/** A layer verdict with every status it rests on. */
export interface C2paVerdict extends LayerVerdict {
  readonly statuses: readonly Status[];
  /** The standard's own word for it; absent without a manifest. */
  readonly state?: State;
}

/**
 * What a file's C2PA manifest says and whether that holds: every assertion hash, the hard binding, the claim signature and
 * the certificate chain of the active manifest, and likewise of the manifests it builds on, but for their files, which are
 * not here. Claim versions 1 and 2. Never throws: bad input is a verdict.
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
    const redacted = redactions(active, manifests);
    const statuses = [
      ...checkAssertions(active),
      ...(await checkHardBinding(file, container, active, manifests, found.place)),
      ...(await checkSignature(active, options, stamp)),
      ...stampStatuses(stamp),
      ...redacted.statuses,
      ...checkActions(active, manifests),
      ...(await checkIdentities(active, options)),
      ...(await checkIngredients(active, manifests, redacted.uris, options)),
    ];
    const worst = statuses.find((s) => s.kind === "failure") ?? statuses.find((s) => s.kind === "untrusted");
    const state = stateOf(statuses);
    return {
      ...base,
      method: isVersion2(active) ? "c2pa.2" : "c2pa.1",
      status: worst === undefined ? "valid" : worst.kind === "failure" ? "invalid" : "untrusted",
      detail:
        worst === undefined
          ? `claimSignature.validated, assertion hashes and data hash match, signer trusted${stampWords(stamp)}`
          : `${worst.code}: ${worst.detail}${stampWords(stamp)}`,
      data: {
        ...describe(active),
        ...stampData(stamp),
        manifests: manifests.length,
        state,
        codes: statuses.map((s) => s.code),
      },
      statuses,
      state,
    };
  } catch (error) {
    const malformed = failure("claim.malformed", InksealError.is(error) ? error.message : "the manifest cannot be read");
    const detail = `${malformed.code}: ${malformed.detail}`;
    return { ...base, status: "invalid", detail, data: { codes: [malformed.code] }, statuses: [malformed], state: "invalid" };
  }
}
