import { dictionary, fromLatin1, latin1, parsePdf, pdfPages, pdfResolver } from "@inkseal/codec";
import { expect, test } from "vitest";
import { labelPdf } from "./pdf.ts";
import { pageLabel } from "./pdf-page.ts";

/** Pages in two levels of tree; each takes `own`, the upper node has the resources and `above`; `root` stands in the catalog; `last` are objects of its own. */
function document(
  pages: readonly string[],
  { above = "/MediaBox [0 0 600 800]", root = "", last = [] as readonly string[] } = {},
): Uint8Array {
  const kids = pages.map((_, i) => `${4 + 2 * i} 0 R`).join(" ");
  const objects = [
    `<</Type /Catalog /Pages 2 0 R ${root}>>`,
    `<</Type /Pages /Kids [3 0 R] /Count ${pages.length} ${above} /Resources <</XObject <</Im1 99 0 R>> /Font <<>>>>>>`,
    `<</Type /Pages /Parent 2 0 R /Kids [${kids}] /Count ${pages.length}>>`,
    ...pages.flatMap((own, i) => [
      `<</Type /Page /Parent 3 0 R /Contents ${5 + 2 * i} 0 R ${own}>>`,
      "<</Length 3>>\nstream\nq Q\nendstream",
    ]),
    ...last,
  ];
  let out = "%PDF-1.7\n";
  const rows = objects.map((o, i) => {
    const row = `${String(out.length).padStart(10, "0")} 00000 n \n`;
    out += `${i + 1} 0 obj\n${o}\nendobj\n`;
    return row;
  });
  const size = objects.length + 1;
  return latin1(
    `${out}xref\n0 ${size}\n0000000000 65535 f \n${rows.join("")}trailer\n<</Size ${size} /Root 1 0 R>>\nstartxref\n${out.length}\n%%EOF\n`,
  );
}
const labelled = (file: Uint8Array, where: "head" | "middle" | "tail" = "tail", form: "words" | "corner" = "words") =>
  labelPdf(file, parsePdf(file), "zh-CN", where, form);
const textsOf = (file: Uint8Array) => {
  const pdf = parsePdf(file);
  const resolve = pdfResolver(pdf);
  return pdfPages(pdf, 99, resolve).pages.map((page) => pageLabel(pdf, page, resolve));
};
const [words, corner] = ["（本内容由人工智能生成）", "AI生成"];

test("words at the head of the first page and where the policy says; the corner mark on every other page; once", () => {
  const file = document(["", "", "", ""]);
  expect(textsOf(labelled(file, "head").bytes)).toEqual([words, corner, corner, corner]);
  expect(textsOf(labelled(file, "middle").bytes)).toEqual([words, corner, words, corner]);
  expect(textsOf(labelled(file, "tail", "corner").bytes)).toEqual([corner, corner, corner, corner]);
  const once = labelled(file);
  expect(textsOf(once.bytes)).toEqual([words, corner, corner, words]);
  expect(once).toMatchObject({ labelled: 4, bare: 0, size: 15 });
  expect(fromLatin1(once.bytes).startsWith(fromLatin1(file))).toBe(true);
  expect(labelled(once.bytes)).toMatchObject({ bytes: once.bytes, labelled: 4 });
  expect(textsOf(file)).toEqual([undefined, undefined, undefined, undefined]);
});

test("what a page shows and inherits stays, and its content cannot move the label", () => {
  const { bytes } = labelled(document([""]));
  const pdf = parsePdf(bytes);
  const resolve = pdfResolver(pdf);
  const [page] = pdfPages(pdf, 1, resolve).pages;
  const [before, own, behind] = [...page!.entries.get("Contents")!.matchAll(/(\d+) 0 R/g)].map((m) => Number(m[1]));
  expect([before, own, behind].map((n) => fromLatin1(pdf.stream(n!)!.data).trim())).toEqual([
    "q",
    "q Q",
    expect.stringMatching(/^Q q .* cm \/XXGB45438 Do Q$/),
  ]);
  expect(dictionary(page!.resources.get("XObject")!).get("Im1")).toBe("99 0 R");
  expect(page!.resources.has("Font")).toBe(true);
});

/** The label's box in user space, and which way up its letters stand there. */
function placed(bytes: Uint8Array) {
  const [a, b, c, d, e, f] = /Q q ([-\d. ]+) cm \/XX/.exec(fromLatin1(bytes))![1]!.split(" ").map(Number) as number[];
  return { right: [a!, b!], up: [c!, d!], at: [e!, f!] };
}
test.each([
  ["", [1, 0], [0, 1], [600, 0]],
  ["/Rotate 90", [0, 1], [-1, 0], [600, 800]],
  ["/Rotate 180", [-1, 0], [0, -1], [0, 800]],
  ["/Rotate -90", [0, -1], [1, 0], [0, 0]],
  ["/CropBox [100 200 500 900]", [1, 0], [0, 1], [500, 200]],
] as const)("on a page %s the corner mark stands upright in the viewer's lower right", (own, right, up, edge) => {
  const found = placed(labelled(document([own]), "head", "corner").bytes);
  const em = Math.hypot(found.right[0]!, found.right[1]!);
  expect(found.right.map((n) => Math.round(n / em) + 0)).toEqual(right);
  expect(found.up.map((n) => Math.round(n / em) + 0)).toEqual(up);
  // from its lower left along the line, its width and the margin to the page's edge; then down by the margin
  const width = 0.641 + 0.33 + 2 + 2 * 0.35;
  const reached = [0, 1].map((k) => found.at[k]! + em * ((width + 0.6) * right[k]! - 0.6 * up[k]!));
  expect(reached.map((n) => Math.round(n) + 0)).toEqual(edge);
});

test("over a signed document the label is a locked annotation, and the content stays", () => {
  const signed = document([""], { root: "/AcroForm <</SigFlags 3 /Fields []>>" });
  const { bytes } = labelled(signed);
  const text = fromLatin1(bytes).slice(signed.length);
  expect(text).toContain("/Subtype /Stamp");
  expect(text).not.toContain(" Do Q");
  expect(textsOf(bytes)).toEqual([words]);
  expect(labelled(bytes).bytes).toBe(bytes);
});

test("a tagged document says the words in its structure tree, before all else and behind it; corner marks are artifacts", () => {
  for (const [parents, grown] of [
    ["<</Nums [0 [null]]>>", /\/Nums \[0 \[null\] 1 \[(\d+) 0 R\] 2 \[(\d+) 0 R\]\]/],
    ["<</Kids [99 0 R]>>", /\/Limits \[1 2\] \/Nums \[1 \[(\d+) 0 R\] 2 \[(\d+) 0 R\]\]/],
  ] as const) {
    const pages = ["", "", ""];
    const root = `/StructTreeRoot ${4 + 2 * pages.length} 0 R`;
    const tree = `<</Type /StructTreeRoot /K [${6 + 2 * pages.length} 0 R] /ParentTreeNextKey 1 /ParentTree ${5 + 2 * pages.length} 0 R>>`;
    const { bytes } = labelled(document(pages, { root, last: [tree, parents, "<</S /Document /K 5>>"] }));
    expect(textsOf(bytes)).toEqual([words, corner, words]);
    const text = fromLatin1(bytes);
    expect(text.match(/\/Artifact BMC q [^\n]* Do Q EMC/g)).toHaveLength(1);
    const [, first, last] = grown.exec(text)!;
    expect(text).toContain(`/K [${first} 0 R 5 ${last} 0 R]`); // in the one element that holds all others
    expect(text).toContain("/ParentTreeNextKey 3");
    const element = parsePdf(bytes).object(Number(first))!;
    const [, page, form] = /\/MCR \/Pg (\d+) 0 R \/Stm (\d+) 0 R \/MCID 0/.exec(element)!;
    expect(page).toBe("4");
    expect(parsePdf(bytes).object(Number(form))).toContain("/StructParents 1");
  }
});

test("a page too small stays bare; a tree that is none is refused", () => {
  expect(labelled(document(["/MediaBox [0 0 20 20]", ""]))).toMatchObject({ labelled: 1, bare: 1 });
  for (const broken of [
    document([""], { above: "" }),
    document(["/Kids [3 0 R]"]),
    document(["/Kids [2 0 R]"]),
    document(["/Kids [77 0 R]"]),
    latin1(fromLatin1(document([""])).replace("[4 0 R]", "[4 7 R]")),
  ])
    expect(() => labelled(broken)).toThrow(/^PDF/);
});

test("pages that share what is long are refused before it is copied for each", () => {
  const contents = `/Contents ${4 + 2 * 300} 0 R`;
  const pages = Array.from({ length: 300 }, () => contents);
  expect(labelled(document(pages, { last: ["[5 0 R]"] })).labelled).toBe(300);
  expect(() => labelled(document(pages, { last: [`[${"5 0 R ".repeat(10_000)}]`] }))).toThrow("grow too much");
});
