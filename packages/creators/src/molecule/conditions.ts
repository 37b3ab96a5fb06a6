import { InksealError } from "@inkseal/core";
import type { Properties } from "./properties.ts";
import { smilesTokens } from "./smiles-tokens.ts";

/**
 * What the model is told before a molecule: `<bos>` kind weight logP QED. Each of the four is a bin or unknown, as training hides some of them at
 * random, so that what a user does not ask for is left to the model.
 */
export const kinds = ["small", "drug-like"] as const;
export type Kind = (typeof kinds)[number];

/** Upper ends of the bins; the last is open. */
export const binEnds = {
  weight: [100, 150, 200, 250, 300, 350, 400, 450],
  logP: [-1, 0, 1, 2, 3, 4, 5],
  qed: [0.3, 0.45, 0.6, 0.7, 0.8, 0.9],
} as const;
export type Asked = { readonly [K in keyof typeof binEnds]?: number | undefined } & { readonly kind?: Kind | undefined };

export function binOf(what: keyof typeof binEnds, value: number): number {
  const ends = binEnds[what];
  const bin = ends.findIndex((end) => value < end);
  return bin < 0 ? ends.length : bin;
}

const order = ["kind", "weight", "logP", "qed"] as const;
/** Names of the tokens that come before a molecule's own; they are the first of the vocabulary. */
export const controlTokens: readonly string[] = [
  "<bos>",
  "<eos>",
  ...kinds.map((kind) => `<kind:${kind}>`),
  "<kind:?>",
  ...(["weight", "logP", "qed"] as const).flatMap((what) => [
    ...Array.from({ length: binEnds[what].length + 1 }, (_, bin) => `<${what}:${bin}>`),
    `<${what}:?>`,
  ]),
];

/** The prompt, as texts of tokens. */
export function prompt(asked: Asked): string[] {
  return [
    "<bos>",
    ...order.map((what) => {
      const value = asked[what];
      return `<${what}:${value === undefined ? "?" : typeof value === "string" ? value : binOf(what as keyof typeof binEnds, value)}>`;
    }),
  ];
}
/** The whole lesson about a molecule. */
export const conditionsOf = (kind: Kind, { weight, logP, qed }: Properties): Asked => ({ kind, weight, logP, qed });

/** Texts and numbers of tokens: control tokens first, then those of SMILES. */
export class MoleculeVocabulary {
  readonly #ids: ReadonlyMap<string, number>;
  readonly tokens: readonly string[];
  /** Throws `bad-file` for a list that does not begin with this version's control tokens. */
  constructor(tokens: readonly string[]) {
    if (controlTokens.some((token, i) => tokens[i] !== token))
      throw new InksealError(
        "bad-file",
        "the molecule model's vocabulary is of another version; train it again: npm run train -- molecule",
      );
    this.tokens = tokens;
    this.#ids = new Map(tokens.map((token, id) => [token, id]));
  }
  get size(): number {
    return this.tokens.length;
  }
  get end(): number {
    return 1;
  }
  /** The number of a token; undefined for none of the model's. */
  id(token: string): number | undefined {
    return this.#ids.get(token);
  }
  /** Numbers of tokens. Throws `cannot-do` naming the one that the model has not learnt. */
  ids(tokens: readonly string[]): number[] {
    return tokens.map((token) => {
      const id = this.#ids.get(token);
      if (id === undefined) throw new InksealError("cannot-do", `the molecule model has not learnt the atom or bond ${token}`);
      return id;
    });
  }
  encode(kekule: string): number[] {
    return this.ids(smilesTokens(kekule));
  }
  decode(ids: Iterable<number>): string {
    let text = "";
    for (const id of ids) if (id >= controlTokens.length) text += this.tokens[id];
    return text;
  }
}
