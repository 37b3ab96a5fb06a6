import { dictionary, elements, type Pdf, type PdfResolver, referenced, written } from "@inkseal/codec";
import type { Locale } from "@inkseal/core";
import type { Update } from "./pdf-page.ts";
import { type PdfWords, utf16 } from "./pdf-words.ts";

/**
 * The structure tree of a tagged PDF (ISO 32000-2, 14.7): what is not in it, a screen reader passes over. The words of a label become a paragraph
 * of their own, before all others or behind them.
 */
export interface Structure {
  /** The key by which the tree finds the element of a stream. */
  key(): number;
  /** `drawn`, whose words are marked content 0 of its form, has been painted on the page of this object number. */
  say(page: number, drawn: PdfWords, key: number, before: boolean): void;
  /** Writes the tree, when something was said. */
  finish(): void;
}

/** Undefined for a document that is not tagged, or whose tree does not say how to go on. */
export function structureOf(pdf: Pdf, resolve: PdfResolver, update: Update, locale: Locale): Structure | undefined {
  const catalog = resolve(pdf.trailer.get("Root"));
  const at = catalog === undefined ? undefined : dictionary(catalog).get("StructTreeRoot");
  const [rootNumber, rootText] = [referenced(at), resolve(at)];
  if (rootNumber === undefined || rootText === undefined) return undefined;
  const root = dictionary(rootText);
  const [parentsNumber, parentsText] = [referenced(root.get("ParentTree")), resolve(root.get("ParentTree"))];
  let next = parentsText === undefined ? Number.NaN : nextKey(root.get("ParentTreeNextKey"), dictionary(parentsText), resolve);
  if (parentsNumber === undefined || parentsText === undefined || !Number.isInteger(next) || next < 0) return undefined;
  // a document has one element under its root (ISO 32000-2, 14.8.4.3), which holds all others
  const [only, more] = listOf(root.get("K"));
  const [topNumber, topText] = more === undefined ? [referenced(only), resolve(only)] : [];
  const top = topText?.trimStart().startsWith("<<") ? dictionary(topText) : undefined;
  const parent = top === undefined ? rootNumber : (topNumber ?? rootNumber);
  const said: { readonly element: number; readonly key: number; readonly before: boolean }[] = [];
  return {
    key: () => next++,
    say(page, { text, form }, key, before) {
      const content = `<</Type /MCR /Pg ${page} 0 R /Stm ${form} 0 R /MCID 0>>`;
      const element = update.add(
        `<</Type /StructElem /S /P /P ${parent} 0 R /Pg ${page} 0 R /Lang (${locale}) /ActualText ${utf16(text)} /K ${content}>>`,
      );
      said.push({ element, key, before });
    },
    finish() {
      if (said.length === 0) return;
      const own = said.map(({ element, key }) => `${key} [${element} 0 R]`).join(" ");
      const parents = dictionary(parentsText);
      if (parents.has("Kids")) {
        const leaf = update.add(`<</Limits [${said[0]?.key} ${said.at(-1)?.key}] /Nums [${own}]>>`);
        parents.set("Kids", `[${listOf(parents.get("Kids")).join(" ")} ${leaf} 0 R]`);
      } else parents.set("Nums", `[${listOf(parents.get("Nums")).join(" ")} ${own}]`);
      update.put(parentsNumber, written(parents));
      const kids = (before: boolean): string[] => said.filter((s) => s.before === before).map((s) => `${s.element} 0 R`);
      const within = parent === rootNumber ? root : (top as Map<string, string>);
      within.set("K", `[${[...kids(true), ...listOf(within.get("K")), ...kids(false)].join(" ")}]`);
      if (parent !== rootNumber) update.put(parent, written(within));
      update.put(rootNumber, written(root.set("ParentTreeNextKey", String(next))));
    },
  };

  function listOf(value: string | undefined): string[] {
    const list = resolve(value);
    return list?.trimStart().startsWith("[") ? elements(list) : value === undefined ? [] : [value];
  }
}

/** The key behind all others of a number tree (7.9.7), where the root does not name it: keys ascend. NaN when it cannot be told. */
function nextKey(named: string | undefined, tree: ReadonlyMap<string, string>, resolve: PdfResolver): number {
  if (named !== undefined) return Number(named);
  const last = elements(resolve(tree.get("Kids")) ?? "null").at(-1);
  const leaf = resolve(last);
  if (leaf?.trimStart().startsWith("<<")) return Number(elements(resolve(dictionary(leaf).get("Limits")) ?? "null")[1]) + 1;
  const keys = elements(resolve(tree.get("Nums")) ?? "null").filter((_, i) => i % 2 === 0);
  return Number(keys.at(-1)) + 1;
}
