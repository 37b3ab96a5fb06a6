import { InksealError } from "@inkseal/core";

/** Files that are completed, and whose text is looked into. */
export const isScript = (name: string): boolean => /\.([cm]?[jt]s|[jt]sx)$/i.test(name);

/** Signs of other languages that JavaScript and TypeScript do not have. */
const others: readonly (readonly [language: string, sign: RegExp])[] = [
  ["Python", /^\s*(def \w+\(.*\).*:|class \w+(\(.*\))?:|elif .*:|from [\w.]+ import |#!.*\bpython)/m],
  ["C or C++", /^\s*#\s*(include|define|ifdef|pragma)\b/m],
  ["Go", /^(package \w+$|func (\(\w+ \*?\w+\) )?\w+\()/m],
  ["Rust", /^\s*((pub )?(fn|impl|mod) \w+|use \w+::|let mut )/m],
  [
    "Java or C#",
    /^\s*(public|private|protected) (static |final |sealed )*(class|void|int|String|interface) \w+|^using System/m,
  ],
  ["PHP", /<\?php/],
  ["Ruby", /^\s*(def \w+[?!]?\s*$|require ['"]|module \w+\s*$)/m],
  ["SQL", /^\s*(SELECT .* FROM|INSERT INTO|CREATE TABLE) /im],
];

/** Throws `cannot-do` for what is no TypeScript or JavaScript, saying what would do. `name`: of the file, where it is known. */
export function checkFit(text: string, name: string | undefined): void {
  const refuse = (what: string): never => {
    throw new InksealError(
      "cannot-do",
      `inkseal-code completes TypeScript and JavaScript only, and this is ${what}; a chat model of llama.cpp or of a provider can do it`,
    );
  };
  if (name !== undefined) {
    if (!isScript(name)) refuse(`a file named ${/\.\w+$/.exec(name)?.[0] ?? "without an ending"}`);
    return; // its name says what it is
  }
  for (const [language, sign] of others)
    if (sign.test(text) && !/\b(const|=>|===|export|interface) /.test(text)) refuse(language);
  const words = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|(["'`]).*?\1/g, "").trim();
  const marks = words.match(/[{}()[\];=<>.:,]/g)?.length ?? 0;
  if (words.length > 40 && marks < words.length / 40) refuse("prose");
  if ((words.match(/\p{Script=Han}/gu)?.length ?? 0) > words.length / 4) refuse("prose");
}
