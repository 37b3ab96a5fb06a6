import type { VerseControls } from "./controls.ts";
import { topicInChinese } from "./english.ts";
import { allTuneNames } from "./forms/tune.ts";
import { formNames } from "./job.ts";

const quoted = "[「『“\"'《【]([^」』”\"'》】]+)[」』”\"'》】]";
const first = (text: string, ...patterns: readonly RegExp[]): string | undefined => {
  for (const pattern of patterns) {
    const found = pattern.exec(text)?.[1]?.trim();
    if (found !== undefined && found !== "") return found;
  }
  return undefined;
};

/** The controls that somebody's words ask for, in Chinese (simplified script) or English. What is left of the words is what it is about. */
export function askedInWords(text: string): VerseControls {
  const upper = first(
    text,
    /上联[是为]?[：:，,]?\s*[「『“"'《]?([\p{Script=Han}，、]+?)(?:[，,」』”"'》。\s]*(?:请|求|帮|来|给)*(?:对|写|续)?(?:出|个|一)*下联|[」』”"'》。\s]|$)/u,
    /下联[^：:]{0,6}[：:]\s*([\p{Script=Han}，、]+)/u,
    new RegExp(`(?:下联|对句|对上|对出|对联|对)[^「『“"《]{0,12}${quoted}`, "u"),
    new RegExp(`(?:answer|second line|lower line|match)[^「『“"《]*${quoted}`, "iu"),
    /(?:second|lower|matching) line (?:for|to|of)[:\s]*([\p{Script=Han}，、]+)/iu,
  );
  const couplet = /对联|春联|楹联|上联|下联|对子|\bcouplet\b/i.test(text);
  const tune = tuneIn(text);
  const form = couplet
    ? "对联"
    : (formIn(text) ??
      (tune === undefined && !/(?:一首|首|填|阕|写|作).{0,6}词(?![语汇句])|词牌|\bci\b(?: poem)?/i.test(text)
        ? undefined
        : "词"));
  const acrostic = first(
    text,
    new RegExp(`藏头(?:诗)?[^「『“"《\\p{Script=Han}]{0,4}${quoted}`, "u"),
    new RegExp(`(?:藏头|每句(?:首字|开头|第一个字))[^「『“"《]{0,10}${quoted}`, "u"),
    new RegExp(`${quoted}[^「『“"《，。]{0,6}(?:为|的|作)?(?:一首)?[^「『“"《，。]{0,6}藏头`, "u"),
    /藏头(?:诗)?(?:为|是)?[：:\s]+(\p{Script=Han}+)/u,
    new RegExp(`acrostic[^「『“"《]*${quoted}`, "iu"),
    /acrostic(?: of| on|:)?\s+(\p{Script=Han}+)/iu,
  );
  const theme = [
    ...text.matchAll(
      new RegExp(
        `(?:必须|要|需)?(?:含有|包含|出现|带有|嵌入|用上|须有|要有|含|with the words?|must (?:contain|include)|containing|including)[^「『“"《，。]{0,6}((?:${quoted}[、和与及,， and]*)+)`,
        "giu",
      ),
    ),
  ].flatMap(([, list]) => [...list!.matchAll(new RegExp(quoted, "gu"))].map(([, word]) => word!.trim()));
  const start = first(
    text,
    new RegExp(`(?:续写|接着写|接着|续)[^「『“"《]{0,8}${quoted}`, "u"),
    new RegExp(`以[^「『“"《]{0,8}${quoted}(?:开头|起句|为首句|起首|为开头)`, "u"),
    new RegExp(`(?:首句|第一句|开头)(?:是|为|用)?[：:]?\\s*${quoted}`, "u"),
    /(?:续写|接着写|续诗|首句[是为]|第一句[是为])[：:\s]*([\p{Script=Han}，。、]{2,})/u,
    new RegExp(`(?:continue|begins? with|starting with|go on from)[^「『“"《]*${quoted}`, "iu"),
    /(?:continue|begins? with|starting with|go on from)[:\s]*([\p{Script=Han}，。、]{2,})/iu,
  );
  const book = /新韵|modern rhyme|new rhymes?/i.test(text) ? "中华新韵" : /平水韵/.test(text) ? "平水韵" : undefined;
  const rhyme = first(
    text,
    /押[「“"]?([\p{Script=Han}]{1,3}?)[」”"]?(?:字)?韵/u,
    /rhym(?:e|ing) (?:on|in|with|group) ?[「“"]?(\p{Script=Han})/iu,
  );
  const opening = first(text, /(平起|仄起)/u);
  const notFirst = /首句不(?:入|押)韵|first line (?:does not|doesn't) rhyme/i.test(text);
  const era = /宋诗|宋风|宋人|Song (?:dynasty|style)/i.test(text)
    ? "宋"
    : /唐诗|唐风|盛唐|唐人|Tang (?:dynasty|style)/i.test(text)
      ? "唐"
      : undefined;
  const script = /繁体|traditional (?:script|characters|Chinese)/i.test(text)
    ? "traditional"
    : /简体|simplified/i.test(text)
      ? "simplified"
      : undefined;
  const taken = start !== undefined && (start === acrostic || /藏头/.test(text)) ? undefined : start;
  const about = couplet && upper !== undefined ? undefined : topicIn(text, tune);
  return defined({
    form,
    ...(form === "词" && tune !== undefined && { tune }),
    upper: couplet ? upper : undefined,
    acrostic,
    theme: theme.length > 0 ? theme : undefined,
    start: couplet ? undefined : taken,
    book,
    rhyme: rhyme === "新" || rhyme === "平水" || rhyme === "中华新" ? undefined : rhyme,
    opening: opening as VerseControls["opening"],
    firstLineRhymes: notFirst ? false : /首句(?:入|押)韵|first line rhymes/i.test(text) ? true : undefined,
    era,
    script,
    about,
  } as VerseControls);
}

const defined = (controls: VerseControls): VerseControls =>
  Object.fromEntries(Object.entries(controls).filter(([, value]) => value !== undefined)) as VerseControls;

function formIn(text: string): VerseControls["form"] | undefined {
  const five = /五[言绝律]|five[- ](?:character|syllable|word)|\b5[- ](?:character|syllable)/i.test(text);
  if (/绝句|[五七]绝|quatrain|jueju/i.test(text)) return five ? "五言绝句" : "七言绝句";
  if (/律诗|[五七]律|regulated verse|l[uü]shi|eight[- ]line/i.test(text)) return five ? "五言律诗" : "七言律诗";
  return five ? "五言绝句" : /七言|seven[- ](?:character|syllable|word)/i.test(text) ? "七言绝句" : undefined;
}

/** A 词牌 that is named as one: between marks, after 首, 阕, 填, 调寄 …, or before what it is about. */
function tuneIn(text: string): string | undefined {
  return [...allTuneNames]
    .sort((a, b) => b.length - a[0]!.length)
    .find((name) =>
      new RegExp(
        `(?:^|[《「『“"首阕填寄牌用以个写作]|tune(?: of)?[:\\s]*)${name}(?:$|[》」』”"·・•，。：:\\s词为写来填的一])`,
        "iu",
      ).test(text),
    );
}

/** All that is no order. */
const orders = [
  /(?:请|帮我|给我|为我|替我|麻烦|能否|可以)+/g,
  /(?:写|作|做|来|赋|吟|填|创作|生成)(?:出|个)?(?:一|两|三|几|1|2|3)?(?:首|阕|副|个|篇|句)?/g,
  /[五七]言(?:绝句|律诗|诗)?|[五七][绝律]|绝句|律诗|古诗|格律诗|近体诗|唐诗|宋诗|宋词|藏头诗?|词牌名?|春联|对联|楹联/g,
  /(?:平水韵|中华新韵|新韵|平起|仄起|首句(?:不)?[入押]韵|繁体字?|简体字?|唐风|宋风|押\p{Script=Han}{1,3}?韵)/gu,
  /(?:必须|要|需)?(?:含有|包含|出现|带有|嵌入|用上|须有|要有)/g,
];

/** What the poem shall be about: named as such, or what is left when the orders are taken away. */
function topicIn(text: string, tune: string | undefined): string | undefined {
  const named = first(
    text,
    new RegExp(
      `(?:以|题为|题目[是为]?|题|主题[是为]?|名为)[：:]?\\s*${quoted}(?:为题|为主题)?(?!.{0,3}(?:开头|藏头|起句))`,
      "u",
    ),
    /(?:写|作|赋|吟)(?:一|1)?[首篇]?[^「『“"《]{0,8}《([^》·]{1,12})》/u,
    /(?:题目|主题)[是为：:]\s*(\p{Script=Han}{1,12})/u,
    /(?:关于|描写|咏|吟咏|赞美|歌颂|表达|抒发)([\p{Script=Han}]{1,16}?)(?:的|[，。！,]|$)/u,
    /以([\p{Script=Han}]{1,8})为(?:题|主题)/u,
    /(?:写|作)(?:一)?首(?!.*(?:关于|描写))([\p{Script=Han}]{1,8}?)的(?:诗|词|[五七])/u,
  );
  if (named !== undefined && named !== tune) return named;
  if (!/\p{Script=Han}/u.test(text.replace(/[「『“"'《【][^」』”"'》】]*[」』”"'》】]/gu, ""))) return topicInChinese(text);
  let left = text.replace(/[「『“"'《【][^」』”"'》】]*[」』”"'》】]/gu, "，");
  for (const order of orders) left = left.replace(order, "，");
  if (tune !== undefined) left = left.replace(tune, "，");
  const parts = left
    .split(/[^\p{Script=Han}]+/u)
    .map((part) => part.replace(/^(?:的|以|为|用|和|与|一|首)+|(?:的|诗|词|为题|一首|吧|吗)+$/g, ""));
  return parts.filter((part) => part.length > 0 && part.length <= 12 && !/^(?:开头|续|接着|下联|上联|韵|字)/.test(part))[0];
}

/** Whether the words name anything that Verse makes. */
export const speaksOfVerse = (text: string): boolean =>
  formNames.some((form) => text.includes(form)) ||
  /诗|词牌|绝句|律诗|[五七][绝律言]|填词|宋词|对联|春联|楹联|上联|下联|藏头|平仄|押韵|\b(?:poem|verse|poetry|quatrain|jueju|lushi|couplet|acrostic|tune of)\b/i.test(
    text,
  ) ||
  tuneIn(text) !== undefined;
