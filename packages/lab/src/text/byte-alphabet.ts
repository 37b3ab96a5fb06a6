/**
 * GPT-2's alphabet (Radford et al. 2019): one printable character for each byte, so that byte strings can be keys of a JSON vocabulary.
 * Printable Latin-1 stands for itself; the other 68 bytes, in order, are U+0100 and up. Ids of the bytes follow the code points.
 */
export const byteToCharacter: readonly string[] = (() => {
  const printable = (b: number) => (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
  let hidden = 0x100;
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(printable(b) ? b : hidden++));
})();

const characterToByte = new Map(byteToCharacter.map((c, b) => [c, b]));

/** The 256 characters in the order of their code points, which is that of GPT-2's first 256 ids. */
export const byteAlphabet: readonly string[] = [...byteToCharacter].sort();

const utf8 = new TextEncoder();

/** Text as its UTF-8 bytes, spelled in the alphabet; lone surrogates become U+FFFD. */
export function spellBytes(text: string): string {
  let spelled = "";
  for (const byte of utf8.encode(text)) spelled += byteToCharacter[byte];
  return spelled;
}

/** The bytes that a spelling stands for; a spelling with other characters (an added token) stands for its own UTF-8. */
export function bytesOf(spelled: string): Uint8Array {
  const bytes = new Uint8Array(spelled.length);
  for (let i = 0; i < spelled.length; i++) {
    const byte = characterToByte.get(spelled[i]!);
    if (byte === undefined) return utf8.encode(spelled);
    bytes[i] = byte;
  }
  return bytes;
}
