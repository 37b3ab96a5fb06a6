import type { Match, TextDetector } from "../contract.ts";
import { codeAt, isDomain, isHan, isLetterOrDigit, isLocal } from "./letters.ts";

const AT = 64;
const DOT = 46;
const DASH = 45;
/** RFC 5321 §4.5.3.1: octets of a local part and of a domain. */
const LOCAL_MAX = 64;
const DOMAIN_MAX = 253;
const LABEL_MAX = 63;

/** Top-level domains in Chinese characters (IANA root zone); a Chinese sentence has no other sign of where a domain ends. */
const hanTlds =
  "中国 中國 公司 网络 網絡 网址 网店 网站 在线 中文网 集团 商城 商店 商标 我爱你 手机 移动 政府 政务 公益 机构 组织机构 信息 娱乐 游戏 广东 佛山 香港 台湾 台灣 新加坡 澳門 澳门 世界 企业 健康 八卦 大拿 天主教 家電 广告 慈善 招聘 时尚 書籍 点看 珠宝 电讯盈科 微博 淡马锡 购物 通販 食品 餐厅 谷歌 诺基亚 嘉里 嘉里大酒店 大众汽车 飞利浦 亚马逊 联通 网页".split(
    " ",
  );

const asciiTld = /^(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/i;
/** `icon@2x.png` is a file. */
const retina = /^\dx\.(?:png|jpe?g|gif|webp|svg)$/i;

/** Mail addresses: ASCII or accented local part; domains in ASCII, accented letters or Chinese; full-width ＠ and ．. */
export const mail: TextDetector = {
  name: "mail",
  needs: /[@＠]/,
  scan(text) {
    const found: Match[] = [];
    for (let at = nextAt(text, 0); at >= 0; at = nextAt(text, at + 1)) {
      const start = localStart(text, at);
      if (start === at) continue;
      const end = domainEnd(text, at + 1);
      if (end > 0 && !isNoMail(text, start, at, end))
        found.push({ hazard: "pii.email", start, end, score: 0.95, evidence: "mail address" });
    }
    return found;
  },
  holdFrom(text) {
    let hold = localStart(text, text.length, true);
    const stop = Math.max(-1, text.length - DOMAIN_MAX - 3);
    let i = text.length - 1;
    while (i > stop && isDomain(codeAt(text, i))) i--;
    if (codeAt(text, i) === AT) {
      const start = localStart(text, i);
      if (start < i) hold = Math.min(hold, start);
    }
    return hold;
  },
};

function nextAt(text: string, from: number): number {
  const ascii = text.indexOf("@", from);
  const wide = text.indexOf("＠", from);
  return wide < 0 || (ascii >= 0 && ascii < wide) ? ascii : wide;
}

/** Where the local part that ends at `at` begins: at most 64 characters back, never with a dot or a quote. */
function localStart(text: string, at: number, untrimmed = false): number {
  const stop = Math.max(0, at - LOCAL_MAX);
  let i = at;
  while (i > stop && isLocal(codeAt(text, i - 1))) i--;
  if (untrimmed) return i;
  while (i < at && !isLetterOrDigit(codeAt(text, i)) && codeAt(text, i) !== 95) i++;
  return i;
}

/** End of the longest domain of two labels or more whose last is a top-level domain, or 0. */
function domainEnd(text: string, from: number): number {
  const limit = from + DOMAIN_MAX;
  let end = 0;
  for (let i = from, labels = 0; ; labels++) {
    const han = isHan(codeAt(text, i));
    let j = i;
    while (
      j < limit &&
      (han ? isHan(codeAt(text, j)) : isLetterOrDigit(codeAt(text, j)) || (j > i && codeAt(text, j) === DASH))
    )
      j++;
    if (j === i || j - i > LABEL_MAX || j === limit) return end;
    if (labels > 0) end = han ? i + hanTldLength(text, i, j) || end : asciiTldEnd(text, i, j) || end;
    if (codeAt(text, j) !== DOT) return end;
    i = j + 1;
  }
}

function hanTldLength(text: string, from: number, to: number): number {
  let longest = 0;
  for (const tld of hanTlds)
    if (tld.length > longest && tld.length <= to - from && text.startsWith(tld, from)) longest = tld.length;
  return longest;
}

function asciiTldEnd(text: string, from: number, to: number): number {
  let end = to;
  while (end > from && codeAt(text, end - 1) === DASH) end--;
  let label = "";
  for (let i = from; i < end; i++) label += String.fromCharCode(codeAt(text, i));
  return asciiTld.test(label) ? end : 0;
}

/** `git@github.com:owner/name` names a repository, `icon@2x.png` a file. */
function isNoMail(text: string, start: number, at: number, end: number): boolean {
  const next = text[end];
  if ((next === ":" || next === "/") && text.slice(start, at) === "git") return true;
  return end - at < 12 && retina.test(text.slice(at + 1, end));
}
