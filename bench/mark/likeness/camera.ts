/** Who made a picture, by its Exif: the maker (0x010F), and whether there is an exposure time (0x829A), which only cameras write. */
export function cameraOf(exif: Buffer | undefined): { readonly make: string; readonly exposure: boolean } {
  const none = { make: "", exposure: false };
  if (exif === undefined || exif.length < 14) return none;
  const tiff = exif.subarray(exif.toString("latin1", 0, 6) === "Exif\0\0" ? 6 : 0);
  const little = tiff.toString("latin1", 0, 2) === "II";
  const u16 = (at: number): number => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const u32 = (at: number): number => (little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  /** Offset of the entry of a tag, within the directory at `at`. */
  const entry = (at: number, tag: number): number | undefined => {
    const count = u16(at);
    for (let i = 0; i < count; i++) if (u16(at + 2 + 12 * i) === tag) return at + 2 + 12 * i;
    return undefined;
  };
  try {
    const first = u32(4);
    const maker = entry(first, 0x010f);
    const pointer = entry(first, 0x8769);
    const size = maker === undefined ? 0 : u32(maker + 4);
    const at = maker === undefined ? 0 : size > 4 ? u32(maker + 8) : maker + 8;
    const make = tiff.toString("latin1", at, at + size).replace(/[\0 ]+$/, "");
    return { make, exposure: pointer !== undefined && entry(u32(pointer + 8), 0x829a) !== undefined };
  } catch {
    return none; // Exif that ends too soon
  }
}
