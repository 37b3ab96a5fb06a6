// A sum of vectors of which the coordinator learns nothing but the sum: Bonawitz et al. 2017, "Practical secure aggregation
// for privacy-preserving machine learning" (CCS), the protocol for an honest-but-curious coordinator. In short:
//  1. keys      each participant makes two X25519 key pairs; the coordinator hands out the roster of public keys
//  2. shares    each splits its mask key and a seed of its own among all, sealed for each; the coordinator only carries them
//  3. masked    each sends its vector + mask of its seed + masks shared with each other participant, which cancel in the sum
//  4. reveal    who is left gives shares: of the seeds of those whose vector came, of the mask keys of those whose did not,
//               never both; `threshold` of them undo the masks that do not cancel
// Participants may vanish at any point while `threshold` are left. Not defended against: a coordinator that hands out keys of
// its own making as a participant's (it would need signed keys), and sums of so few that they say much about each.

import { InksealError } from "@inkseal/core";
import { x25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, randomBytes } from "@noble/hashes/utils.js";
import { addMask, pairKey, seal, unseal } from "./masks.ts";
import { type Entropy, joinShares, type Share, splitSecret } from "./shamir.ts";

/** One participant as the others see it. */
export interface Member {
  /** Public keys, 32 bytes each. */
  readonly sealKey: Uint8Array;
  readonly maskKey: Uint8Array;
  /** SHA-256 of the member's seed: a forged share is found out. */
  readonly seedHash: Uint8Array;
}
/** A member's share of the secret of member number `of`, revealed in the last phase. */
export interface Revealed {
  readonly of: number;
  readonly secret: "seed" | "mask-key";
  readonly y: Uint8Array;
}
/** Sealed shares between two members, by their positions in the roster. */
export interface SealedShares {
  readonly peer: number;
  readonly sealed: Uint8Array;
}

/** The last phase that a participant has answered. */
type Phase = "keys" | "shares" | "masked" | "revealed";

const broken = (what: string) => new InksealError("upstream-invalid", `secure sum: ${what}`);

/**
 * One participant in one sum; each phase once, in order. `smallest`: with a lower threshold it refuses to take part.
 * Methods throw `upstream-invalid` when the coordinator breaks the protocol; the participant must not go on then.
 */
export class SecureParticipant {
  readonly member: Member;
  readonly #session: Uint8Array;
  readonly #entropy: Entropy;
  readonly #smallest: number;
  readonly #sealSecret: Uint8Array;
  readonly #maskSecret: Uint8Array;
  readonly #seed: Uint8Array;
  #phase: Phase = "keys";
  #roster: readonly Member[] = [];
  #threshold = 0;
  #self = -1;
  /** By position: that member's shares (mask key, seed), for those whose vectors and masks count. */
  readonly #held = new Map<number, Uint8Array>();

  constructor(session: Uint8Array, { smallest = 2, entropy = randomBytes as Entropy } = {}) {
    this.#session = session;
    this.#entropy = entropy;
    this.#smallest = smallest;
    [this.#sealSecret, this.#maskSecret, this.#seed] = [entropy(32), entropy(32), entropy(32)];
    this.member = {
      sealKey: x25519.getPublicKey(this.#sealSecret),
      maskKey: x25519.getPublicKey(this.#maskSecret),
      seedHash: sha256(this.#seed),
    };
  }

  #enter(from: Phase, to: Phase): void {
    if (this.#phase !== from) throw broken(`asked for the phase after "${from}" while in "${this.#phase}"`);
    this.#phase = to;
  }

  /** Phase 2: sealed shares for every other member of the roster. */
  share(roster: readonly Member[], threshold: number): SealedShares[] {
    this.#enter("keys", "shares");
    // Below a majority a coordinator could ask one half for a seed and the other half for the mask key of the same member.
    if (threshold < this.#smallest || 2 * threshold <= roster.length || threshold > roster.length || roster.length > 255)
      throw broken(`a threshold of ${threshold} among ${roster.length} is refused`);
    const keys = roster.flatMap((m) => [m.sealKey.join(), m.maskKey.join()]);
    if (new Set(keys).size !== keys.length) throw broken("two members have the same key");
    this.#self = roster.findIndex((m) => same(m.sealKey, this.member.sealKey) && same(m.maskKey, this.member.maskKey));
    if (this.#self < 0) throw broken("this participant is not in the roster");
    [this.#roster, this.#threshold] = [roster, threshold];
    const maskShares = splitSecret(this.#maskSecret, roster.length, threshold, this.#entropy);
    const seedShares = splitSecret(this.#seed, roster.length, threshold, this.#entropy);
    const shares = roster.map((_, i) => concatBytes(maskShares[i]!.y, seedShares[i]!.y));
    this.#held.set(this.#self, shares[this.#self]!);
    return this.#others(roster.keys()).map((peer) => {
      const key = pairKey(this.#sealSecret, roster[peer]!.sealKey, this.#session, "seal");
      return { peer, sealed: seal(key, this.#self, peer, shares[peer]!, this.#entropy) };
    });
  }

  /** Phase 3: masks `values` in place and returns them. `received`: what the members that are still there sealed for this one. */
  mask(received: readonly SealedShares[], values: Uint32Array): Uint32Array {
    this.#enter("shares", "masked");
    for (const { peer, sealed } of received) {
      const from = this.#roster[peer];
      if (from === undefined || this.#held.has(peer)) throw broken(`shares came from member ${peer}, or twice`);
      this.#held.set(peer, unseal(pairKey(this.#sealSecret, from.sealKey, this.#session, "seal"), peer, this.#self, sealed));
    }
    if (this.#held.size < this.#threshold) throw broken("fewer members than the threshold are left");
    addMask(values, this.#seed, 1);
    for (const peer of this.#others(this.#held.keys())) {
      const seed = pairKey(this.#maskSecret, this.#roster[peer]!.maskKey, this.#session, "mask");
      addMask(values, seed, signOf(this.#self, peer));
    }
    return values;
  }

  /** Phase 4: for each member that shared, one share: of its seed if its vector came (`survivors`), else of its mask key. */
  reveal(survivors: readonly number[]): Revealed[] {
    this.#enter("masked", "revealed");
    const alive = new Set(survivors);
    if (alive.size < this.#threshold || survivors.some((s) => !this.#held.has(s)) || !alive.has(this.#self))
      throw broken("the list of survivors cannot be right");
    return [...this.#held].map(([of, shares]) =>
      alive.has(of) ? { of, secret: "seed", y: shares.slice(32) } : { of, secret: "mask-key", y: shares.slice(0, 32) },
    );
  }

  #others(positions: Iterable<number>): number[] {
    return [...positions].filter((p) => p !== this.#self);
  }
}

/** What the coordinator has after the last phase; members by their positions in the roster. */
export interface MaskedSum {
  readonly session: Uint8Array;
  readonly roster: readonly Member[];
  readonly threshold: number;
  /** Who sent shares in phase 2. */
  readonly sharers: readonly number[];
  /** Vectors of phase 3, of one length. */
  readonly masked: ReadonlyMap<number, Uint32Array>;
  /** Answers of phase 4, at least `threshold`. */
  readonly revealed: ReadonlyMap<number, readonly Revealed[]>;
}

/** The sum of the vectors in `masked`, modulo 2³². Throws `upstream-invalid` when shares are missing or forged. */
export function unmask({ session, roster, threshold, sharers, masked, revealed }: MaskedSum): Uint32Array {
  const recover = (of: number, secret: Revealed["secret"]): Uint8Array => {
    const shares: Share[] = [];
    for (const [by, list] of revealed)
      for (const share of list) if (share.of === of && share.secret === secret) shares.push({ x: by + 1, y: share.y });
    if (shares.length < threshold) throw broken(`${shares.length} of ${threshold} shares came of member ${of}`);
    return joinShares(shares.slice(0, threshold));
  };
  const vectors = [...masked.values()];
  const sum = new Uint32Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]!;
  for (const member of sharers)
    if (masked.has(member)) {
      const seed = recover(member, "seed");
      if (!same(sha256(seed), roster[member]!.seedHash)) throw broken(`shares of member ${member} were forged`);
      addMask(sum, seed, -1);
    } else {
      const maskSecret = recover(member, "mask-key");
      if (!same(x25519.getPublicKey(maskSecret), roster[member]!.maskKey))
        throw broken(`shares of member ${member} were forged`);
      for (const survivor of masked.keys()) {
        const seed = pairKey(maskSecret, roster[survivor]!.maskKey, session, "mask");
        addMask(sum, seed, signOf(survivor, member) === 1 ? -1 : 1);
      }
    }
  return sum;
}

/** Of two members the earlier adds their common mask and the later takes it away. */
const signOf = (self: number, peer: number): 1 | -1 => (self < peer ? 1 : -1);
const same = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);
