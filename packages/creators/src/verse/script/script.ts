import { back, unusual, usual } from "./tables.gen.ts";

function pairsOf(text: string): Map<string, string> {
  const characters = [...text];
  return new Map(Array.from({ length: characters.length / 2 }, (_, i) => [characters[2 * i]!, characters[2 * i + 1]!]));
}
interface Tables {
  readonly usual: ReadonlyMap<string, string>;
  readonly back: ReadonlyMap<string, string>;
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
}
let read: Tables | undefined;
function tables(): Tables {
  if (read !== undefined) return read;
  const before = new Map<string, string>();
  const after = new Map<string, string>();
  for (const line of unusual.trim().split("\n")) {
    const [key, those, these] = line.split(" ") as [string, string, string];
    const [simplified, traditional] = [...key] as [string, string];
    for (const c of those) before.set(c + simplified, traditional);
    for (const c of these) after.set(simplified + c, traditional);
  }
  return (read = { usual: pairsOf(usual), back: pairsOf(back), before, after });
}

/** Verse in traditional script, each character by its neighbours. */
export function toTraditional(text: string): string {
  const t = tables();
  const characters = [...text];
  return characters
    .map((c, i) => t.before.get(`${characters[i - 1]}${c}`) ?? t.after.get(`${c}${characters[i + 1]}`) ?? t.usual.get(c) ?? c)
    .join("");
}

/** Words in simplified script, in which the model thinks. */
export function toSimplified(text: string): string {
  const t = tables();
  // 后, 复, 云 are characters of both scripts: here they are read as simplified ones
  return Array.from(text, (c) => (t.usual.has(c) ? c : (t.back.get(c) ?? c))).join("");
}
