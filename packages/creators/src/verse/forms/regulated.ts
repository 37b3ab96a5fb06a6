import type { Form, FormLine, Metre, TonePattern } from "./form.ts";

/**
 * The four lines of regulated verse (近体诗), by 王力, 《诗词格律》, with the freedoms that the Tang took:
 * the first place is free, but a line that ends 平 before 仄平 may not have a lone 平 before its rhyme (孤平) unless the third place makes up for it
 * (仄平平仄平); a line never ends in three 平 or three 仄; and 平平平仄仄 may become 平平仄平仄.
 */
const five = {
  A: ["中仄平平仄"],
  B: ["平平中仄平", "仄平平仄平"],
  C: ["中平平仄仄", "平平仄平仄"],
  D: ["中仄仄平平"],
} as const satisfies Record<string, readonly TonePattern[]>;
type LineKind = keyof typeof five;

/** Seven characters are five after a free place and one against the place two on. */
const seven = (pattern: TonePattern): TonePattern => `中${pattern[1] === "平" ? "仄" : "平"}${pattern}`;

/** Lines follow one another so that couplets answer (对) and join (粘); only the first line may rhyme or not. */
const orders: readonly { readonly first: string; readonly rest: string; readonly rhymes: boolean }[] = [
  { first: "AB", rest: "CDAB", rhymes: false },
  { first: "CD", rest: "ABCD", rhymes: false },
  { first: "DB", rest: "CDAB", rhymes: true },
  { first: "BD", rest: "ABCD", rhymes: true },
];

export type Opening = "平起" | "仄起";
export interface RegulatedWish {
  readonly characters: 5 | 7;
  readonly lines: 4 | 8;
  readonly opening?: Opening | undefined;
  readonly firstLineRhymes?: boolean | undefined;
}

export function regulated({ characters, lines, opening, firstLineRhymes }: RegulatedWish): Form {
  const metres: Metre[] = [];
  for (const { first, rest, rhymes } of orders) {
    const kinds = [...(first + rest + rest).slice(0, lines)] as LineKind[];
    const made = kinds.map((kind, i): FormLine => {
      const tones = characters === 5 ? five[kind] : five[kind].map(seven);
      const rhyming = i % 2 === 1 || (i === 0 && rhymes);
      return { tones, mark: i % 2 === 0 ? "，" : "。", ...(rhyming && { rhyme: 0 }) };
    });
    const starts: Opening = made[0]!.tones[0]![1] === "平" ? "平起" : "仄起";
    if ((opening ?? starts) !== starts || (firstLineRhymes ?? rhymes) !== rhymes) continue;
    metres.push({ name: `${starts}首句${rhymes ? "" : "不"}入韵`, lines: made });
  }
  const name = `${characters === 5 ? "五" : "七"}言${lines === 4 ? "绝句" : "律诗"}`;
  return { name, metres: metres as unknown as Form["metres"] };
}
