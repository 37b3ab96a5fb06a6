const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford base 32, so that ids sort as they were made

/** Where time and randomness come from; floor 4 owns the real ones. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** `length` random bytes. */
  random(length: number): Uint8Array;
}

/**
 * A maker of time-ordered ids, `PREFIX_` and 26 characters: 48 bits of milliseconds, 80 random bits.
 * Ids made in the same millisecond still ascend (the random part counts up), as in ULID's monotonic form.
 * @see https://github.com/ulid/spec
 */
export function idMaker(clock: Clock): (prefix: string) => string {
  let lastMs = -1;
  let time = "";
  let digits = new Uint8Array(16);
  return (prefix) => {
    const ms = clock.now();
    if (ms <= lastMs) increment(digits);
    else {
      // 16 base-32 digits; the first stays below 16 so that counting up cannot overflow within a millisecond
      digits = clock.random(16).map((b, i) => (i === 0 ? b & 15 : b & 31));
      time = "";
      for (let t = ms, i = 0; i < 10; i++) {
        time = alphabet[t % 32] + time;
        t = Math.floor(t / 32);
      }
      lastMs = ms;
    }
    let id = `${prefix}_${time}`;
    for (const d of digits) id += alphabet[d];
    return id;
  };
}

function increment(digits: Uint8Array): void {
  for (let i = digits.length - 1; i >= 0; i--) {
    if ((digits[i] = ((digits[i] as number) + 1) & 31) !== 0) return;
  }
}

/** Milliseconds since 1970 at which an id was made. RangeError for a malformed id. */
export function idTime(id: string): number {
  const body = id.slice(id.lastIndexOf("_") + 1);
  if (body.length !== 26) throw new RangeError("idTime: not an Inkseal id");
  let t = 0;
  for (let i = 0; i < 10; i++) {
    const d = alphabet.indexOf(body[i] as string);
    if (d < 0) throw new RangeError("idTime: not an Inkseal id");
    t = t * 32 + d;
  }
  return t;
}
