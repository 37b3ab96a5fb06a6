/** The longest integers written: 15 digits, all exact as doubles. */
const largest = 999_999_999_999_999;

/** A GBNF expression for the integers from `least` to `most`, both included; an absent bound is 15 digits away. */
export function integerRange(least = -largest, most = largest): string {
  const from = Math.max(least, -largest);
  const to = Math.min(most, largest);
  const parts: string[] = [];
  if (from < 0) parts.push(...positive(Math.max(1, -Math.min(to, -1)), -from).map((p) => `"-" ${p}`));
  if (from <= 0 && to >= 0) parts.push('"0"');
  if (to > 0) parts.push(...positive(Math.max(1, from), to));
  return parts.join(" | ");
}

/** Alternatives for `from`..`to`, both above zero, by their number of digits. */
function positive(from: number, to: number): string[] {
  const out: string[] = [];
  for (let digits = String(from).length; digits <= String(to).length; digits++) {
    const low = Math.max(from, 10 ** (digits - 1));
    const high = Math.min(to, 10 ** digits - 1);
    out.push(...sameLength(String(low), String(high)));
  }
  return out;
}

/** Alternatives for numbers of one length: at most one that follows `low`, one that follows `high`, one free between. */
function sameLength(low: string, high: string): string[] {
  const n = low.length;
  if (low === high) return [`"${low}"`];
  if (n === 1) return [`[${low}-${high}]`];
  const [a, b] = [low[0] as string, high[0] as string];
  const tail = (d: string, rest: readonly string[]): string[] => rest.map((r) => `"${d}" ${r}`);
  if (a === b) return tail(a, sameLength(low.slice(1), high.slice(1)));
  const out: string[] = [];
  let [first, last] = [Number(a), Number(b)];
  const [zeros, nines] = ["0".repeat(n - 1), "9".repeat(n - 1)];
  if (low.slice(1) !== zeros) {
    out.push(...tail(a, sameLength(low.slice(1), nines)));
    first++;
  }
  const top: string[] = [];
  if (high.slice(1) !== nines) {
    top.push(...tail(b, sameLength(zeros, high.slice(1))));
    last--;
  }
  if (first <= last) out.push(`[${first}-${last}] [0-9]{${n - 1}}`);
  return [...out, ...top];
}
