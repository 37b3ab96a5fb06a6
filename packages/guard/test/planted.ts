import fc from "fast-check";

/** For tests: texts with personal data and near misses in them, and ways to cut a text. */
const pieces = [
  "zhang.san@example.com",
  "li@例子.中国",
  "ｌｉ＠ｅｘａｍｐｌｅ．ｃｏｍ",
  "git@github.com:a/b",
  "a@b.c.d.e.ff",
  "13800138000",
  "+86 138 0013 8000",
  "（010）8765-4321",
  "(415) 555-2671",
  "+44 (0)20 7946 0958",
  "１３８００１３８０００",
  "11010519491231002X",
  "110101 19900307 7758",
  "110105491231002",
  "123-45-6789",
  "AB 12 34 56 C",
  "4111 1111 1111 1111",
  "4111111111111111",
  "6222021234567890128",
  "378282246310005",
  "192.168.1.20",
  "2001:db8::8a2e:370:7334",
  "fe80::1",
  "version 10.2.30.44",
  "::ffff:203.0.113.9",
  "AI ",
  "今天天气很好",
  "hello world",
  "2024",
  "号",
  "元",
];
const glue = [
  "",
  " ",
  "-",
  ".",
  "@",
  "+",
  "(",
  ")",
  ",",
  "，",
  "。",
  ":",
  "x",
  "X",
  "C",
  "1",
  "_",
  "\n",
  "＠",
  "．",
  "é",
  "v",
  "/",
  "'",
];

export const plantedText = fc
  .array(fc.tuple(fc.constantFrom(...pieces), fc.constantFrom(...glue), fc.constantFrom(...glue), fc.nat(30)), {
    minLength: 1,
    maxLength: 10,
  })
  // some pieces are cut short, so that matches begin and do not end
  .map((parts) => parts.map(([p, a, b, cut]) => (cut > 24 ? p.slice(0, cut - 22) : p) + a + b).join(""));

export const noisyText = fc
  .array(fc.constantFrom(..."0123456789aAbBcCfFxXzéя@＠.．-+() :,_/'中国公司１３０吧。\n\\\""), { maxLength: 120 })
  .map((chars) => chars.join(""));

/** `text` cut at arbitrary offsets. */
export function cutBy(text: string, cuts: readonly number[]): string[] {
  const at = [...new Set(cuts.map((c) => c % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => text.slice(from, at[i] ?? text.length)).filter((s) => s !== "");
}
