/**
 * Polar code with a CRC, decoded by successive cancellation with a list. Arıkan, "Channel polarization", IEEE Trans. IT 55 (2009);
 * Tal and Vardy, "List decoding of polar codes", IEEE Trans. IT 61 (2015), in the log-likelihood form of Balatsoukas-Stimming et al. (2015).
 * Which positions carry bits: the polarisation weights of He et al., "Beta-expansion", GLOBECOM 2017, which need no channel to be known.
 */

const log2n = 9;
/** Bits of a code word. */
export const codeLength = 1 << log2n;
/** Bits of a payload. */
export const payloadBits = 64;
const crcBits = 16;
const crcPolynomial = 0x1021; // CRC-16/CCITT; it only steers the list: the bound on false alarms does not lean on it
const messageBits = payloadBits + crcBits;

/** Positions of the message's bits, in the order they are decoded. */
const messageAt: Int16Array = (() => {
  const weight = (index: number): number => {
    let sum = 0;
    for (let bit = 0; bit < log2n; bit++) if ((index >> bit) & 1) sum += 2 ** (bit / 4);
    return sum;
  };
  const best = Array.from({ length: codeLength }, (_, i) => i).sort((a, b) => weight(b) - weight(a));
  return Int16Array.from(best.slice(0, messageBits)).sort();
})();
const carries = new Uint8Array(codeLength);
for (const at of messageAt) carries[at] = 1;

function crcOf(bits: Uint8Array, length: number): number {
  let crc = 0xffff;
  for (let i = 0; i < length; i++) {
    const top = ((crc >> 15) ^ (bits[i] as number)) & 1;
    crc = ((crc << 1) & 0xffff) ^ (top ? crcPolynomial : 0);
  }
  return crc;
}

/** `x = u·F^{⊗n}` in place, natural order. */
function transform(bits: Uint8Array): void {
  for (let half = 1; half < codeLength; half <<= 1)
    for (let block = 0; block < codeLength; block += 2 * half)
      for (let i = block; i < block + half; i++) bits[i] = (bits[i] as number) ^ (bits[i + half] as number);
}

/** 8 bytes to a code word of 512 bits. */
export function encodePayload(payload: Uint8Array): Uint8Array {
  const message = new Uint8Array(messageBits);
  for (let i = 0; i < payloadBits; i++) message[i] = ((payload[i >> 3] as number) >> (7 - (i & 7))) & 1;
  const crc = crcOf(message, payloadBits);
  for (let i = 0; i < crcBits; i++) message[payloadBits + i] = (crc >> (crcBits - 1 - i)) & 1;
  const word = new Uint8Array(codeLength);
  for (let i = 0; i < messageBits; i++) word[messageAt[i] as number] = message[i] as number;
  transform(word);
  return word;
}

/** One path of the list. `llr` and `sums` hold the layers of the decoder's tree, layer `l` (2^l values) at offset 2^l. */
interface Path {
  metric: number;
  readonly llr: Float64Array;
  readonly sums: Uint8Array;
  readonly message: Uint8Array;
}
const newPath = (): Path => ({
  metric: 0,
  llr: new Float64Array(2 * codeLength),
  sums: new Uint8Array(4 * codeLength),
  message: new Uint8Array(messageBits),
});
function copyPath(from: Path, to: Path): void {
  to.metric = from.metric;
  to.llr.set(from.llr.subarray(0, codeLength)); // the channel's own layer is the same in all paths
  to.sums.set(from.sums);
  to.message.set(from.message);
}

/** Likelihood ratios down to leaf `phase`: only the layers below the lowest one that changed. */
function descend(path: Path, phase: number): void {
  const { llr, sums } = path;
  const changed = phase === 0 ? log2n : 31 - Math.clz32(phase & -phase) + 1;
  for (let layer = changed - 1; layer >= 0; layer--) {
    const size = 1 << layer;
    const above = size << 1;
    if ((phase >> layer) & 1) {
      for (let i = 0; i < size; i++) {
        const a = llr[above + i] as number;
        const b = llr[above + size + i] as number;
        llr[size + i] = sums[above + i] ? b - a : b + a;
      }
    } else {
      for (let i = 0; i < size; i++) {
        const a = llr[above + i] as number;
        const b = llr[above + size + i] as number;
        const least = Math.min(Math.abs(a), Math.abs(b));
        llr[size + i] = a < 0 !== b < 0 ? -least : least;
      }
    }
  }
}

/**
 * Partial sums after leaf `phase`. `sums` at [2·size, 3·size) holds the left child's word of layer log2(size), the scratch half of the array
 * the word that climbs.
 */
function ascend(path: Path, phase: number, bit: number): void {
  const { sums } = path;
  const climbing = 2 * codeLength;
  sums[climbing] = bit;
  let layer = 0;
  while ((phase >> layer) & 1) {
    const size = 1 << layer;
    for (let i = 0; i < size; i++) {
      const right = sums[climbing + i] as number;
      sums[climbing + size + i] = right;
      sums[climbing + i] = right ^ (sums[2 * size + i] as number);
    }
    layer++;
  }
  if (layer === log2n) return;
  const size = 1 << layer;
  for (let i = 0; i < size; i++) sums[2 * size + i] = sums[climbing + i] as number;
}

/** 512 log-likelihood ratios (positive: bit 0) to the payloads of the list whose CRC fits, likeliest first. */
export function decodePayload(llrs: Float64Array, list = 16): Uint8Array[] {
  let live: Path[] = [newPath()];
  const spare: Path[] = Array.from({ length: 2 * list - 1 }, newPath);
  for (const path of [...live, ...spare]) path.llr.set(llrs, codeLength);
  let at = 0;
  for (let phase = 0; phase < codeLength; phase++) {
    for (const path of live) descend(path, phase);
    if (!carries[phase]) {
      for (const path of live) {
        const llr = path.llr[1] as number;
        if (llr < 0) path.metric -= llr;
        ascend(path, phase, 0);
      }
      continue;
    }
    const choices: { path: Path; bit: number; metric: number }[] = [];
    for (const path of live) {
      const llr = path.llr[1] as number;
      choices.push({ path, bit: 0, metric: path.metric + Math.max(0, -llr) });
      choices.push({ path, bit: 1, metric: path.metric + Math.max(0, llr) });
    }
    choices.sort((a, b) => a.metric - b.metric);
    const kept = choices.slice(0, list);
    const taken = new Set<Path>();
    const next: { path: Path; bit: number; metric: number }[] = [];
    const wanted = new Set(kept.map((c) => c.path));
    for (const path of live) if (!wanted.has(path)) spare.push(path);
    for (const choice of kept) {
      let { path } = choice;
      if (taken.has(path)) {
        path = spare.pop() as Path;
        copyPath(choice.path, path);
      } else taken.add(path);
      next.push({ ...choice, path });
    }
    for (const { path, bit, metric } of next) {
      path.metric = metric;
      path.message[at] = bit;
      ascend(path, phase, bit);
    }
    live = next.map((c) => c.path);
    at++;
  }
  live.sort((a, b) => a.metric - b.metric);
  return live.filter((path) => fits(path.message)).map((path) => bytesOf(path.message));
}

function fits(message: Uint8Array): boolean {
  const crc = crcOf(message, payloadBits);
  for (let i = 0; i < crcBits; i++) if (message[payloadBits + i] !== ((crc >> (crcBits - 1 - i)) & 1)) return false;
  return true;
}

function bytesOf(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(payloadBits / 8);
  for (let i = 0; i < payloadBits; i++) bytes[i >> 3] = (bytes[i >> 3] as number) | ((message[i] as number) << (7 - (i & 7)));
  return bytes;
}
