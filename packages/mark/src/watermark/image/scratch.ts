const kept: Float32Array[] = [];
const longest = 512 * 512;

/**
 * Room number `n` for numbers that nobody needs after the call, with whatever was in it. A plane made anew for each step adds up to 75 MB a picture,
 * and for every 32 MB V8 collects its whole heap.
 */
export function scratch(n: number, length: number): Float32Array {
  if (length > longest) return new Float32Array(length);
  let room = kept[n];
  if (room === undefined) {
    room = new Float32Array(longest);
    kept[n] = room;
  }
  return room.subarray(0, length);
}
