/** Wishes in the brief's own words, in English and Chinese, so that any client can ask: "a reel in D, 16 bars", "一首D小调的六八拍吉格舞曲，8小节". */

import type { MelodyControls } from "./controls.ts";
import { instrumentIn } from "./instruments.ts";

const genreWords: readonly (readonly [RegExp, NonNullable<MelodyControls["genre"]>])[] = [
  [/slip[- ]?jig|滑步吉格/i, "slip jig"],
  [/\bjigs?\b|吉格|捷格/i, "jig"],
  [/\breels?\b|里尔/i, "reel"],
  [/hornpipe|角笛|水手舞/i, "hornpipe"],
  [/strathspey|斯特拉斯佩/i, "strathspey"],
  [/\bmarch(es)?\b|进行曲/i, "march"],
  [/\bwaltz|圆舞曲|华尔兹/i, "waltz"],
  [/minuet|小步舞/i, "minuet"],
  [/polka|波尔卡/i, "polka"],
  [/\bairs?\b|lullaby|ballad|lament|摇篮曲|抒情|挽歌|慢歌/i, "air"],
];
const moodWords: readonly (readonly [RegExp, NonNullable<MelodyControls["mood"]>])[] = [
  [/\b(sad|melanchol\w*|mournful|sorrow\w*|lament)\b|悲|忧伤|哀|伤感/i, "sad"],
  [/\b(happy|cheerful|joy\w*|merry|bright)\b|欢快|快乐|喜悦|开心|欢乐/i, "happy"],
  [/\b(calm|peaceful|quiet|gentle|relax\w*|serene)\b|平静|安静|宁静|舒缓/i, "calm"],
  [/\b(lively|energetic|fast|quick|spirited)\b|活泼|热烈|轻快|快速/i, "lively"],
  [/\b(solemn|stately|majestic|grave)\b|庄严|肃穆|庄重/i, "solemn"],
  [/\b(tender|sweet|loving|romantic)\b|温柔|柔和|浪漫|甜美/i, "tender"],
  [/\b(heroic|triumphant|brave|bold)\b|英雄|激昂|雄壮|豪迈/i, "heroic"],
  [/\b(mysterious|eerie|dark|haunting)\b|神秘|幽暗/i, "mysterious"],
];
const tempoWords: readonly (readonly [RegExp, number])[] = [
  [/\blargo\b|广板/i, 50],
  [/\badagio\b|柔板/i, 66],
  [/\bandante\b|行板/i, 84],
  [/\bmoderato\b|中板/i, 108],
  [/\ballegretto\b|小快板/i, 116],
  [/\ballegro\b|快板/i, 138],
  [/\bpresto\b|急板/i, 176],
];
const digits = "零一二三四五六七八九";
/** 十六 → 16; digits as they are. */
function numberOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const [tens, ones] = text.includes("十") ? text.split("十") : ["", text];
  const of = (t: string | undefined): number => (t ? digits.indexOf(t.replace("两", "二")) : 0);
  return text.includes("十") ? (tens ? of(tens) : 1) * 10 + of(ones) : of(ones);
}

export interface Wishes {
  readonly controls: Partial<MelodyControls>;
  /** ABC found in the words. */
  readonly abc?: string;
  /** Whether the words are about music at all. */
  readonly musical: boolean;
}

export function wishesIn(words: string): Wishes {
  const { abc, rest } = takeAbc(words);
  const out: Partial<MelodyControls> = {};
  const first = <T>(table: readonly (readonly [RegExp, T])[]): T | undefined => table.find(([known]) => known.test(rest))?.[1];
  const genre = first(genreWords);
  const mood = first(moodWords);
  if (genre) out.genre = genre;
  if (mood) out.mood = mood;
  const key = keyIn(rest);
  if (key) out.key = key;
  else if (/\bminor\b|小调/i.test(rest)) out.mode = "minor";
  else if (/\bmajor\b|大调/i.test(rest)) out.mode = "major";
  else if (/\bdorian\b|多利亚/i.test(rest)) out.mode = "dorian";
  else if (/\bmixolydian\b|混合利底亚/i.test(rest)) out.mode = "mixolydian";
  const bars = /(\d{1,3}|[一二三四五六七八九十两]{1,3})\s*(?:-\s*)?(?:bars?\b|measures?\b|个?小节)/i.exec(rest)?.[1];
  if (bars) out.bars = numberOf(bars);
  const metre = metreIn(rest);
  if (metre) out.metre = metre;
  const tempo =
    /(\d{2,3})\s*bpm/i.exec(rest)?.[1] ??
    /每分钟\s*(\d{2,3})\s*拍/.exec(rest)?.[1] ??
    /\btempo\s*(?:of\s*)?(\d{2,3})/i.exec(rest)?.[1];
  if (tempo) out.tempo = Number(tempo);
  else {
    const named = first(tempoWords);
    if (named) out.tempo = named;
  }
  const instrument = instrumentIn(rest);
  if (instrument) out.instrument = String(instrument.program);
  const four = /four[- ](?:part|voice)|\bSATB\b|chorales?\b|\bhymn\b|众赞歌|圣咏|四部|四声部/i.test(rest);
  if (/harmoni[sz]|配和声|和声/i.test(rest) && abc) out.harmonise = abc;
  else if (/continue|carry on|go on|extend|续写|接着|继续/i.test(rest) && abc) out.continue = abc;
  else if (abc) out.motif = abc;
  if (four && !abc) out.form = "chorale";
  if (/repeat|反复/i.test(rest)) out.repeats = true;
  if (/upbeat|pick-?up|anacrusis|弱起/i.test(rest)) out.upbeat = true;
  const musical =
    genre !== undefined ||
    four ||
    abc !== undefined ||
    key !== undefined ||
    /music|tune|melod|song|\babc\b|compose|harmon|notes?\b|曲|旋律|音乐|乐谱|歌|和声/i.test(rest);
  return { controls: out, musical, ...(abc !== undefined && { abc }) };
}

function keyIn(text: string): string | undefined {
  const zh = /(升|降)?\s*([A-G])\s*(大调|小调|多利亚|混合利底亚)/.exec(text);
  if (zh) return `${zh[1] ?? ""}${zh[2]}${zh[3]}`;
  const en =
    /\bin\s+(?:the key of\s+)?([A-G])\s*(#|♯|b|♭|[- ]?sharp|[- ]?flat)?\s*(major|minor|maj|min|m|dorian|dor|mixolydian|mix)?(?![\w'])/.exec(
      text,
    );
  const loose = /\b([A-Ga-g])\s*(#|♯|b|♭|[- ]?sharp|[- ]?flat)?[- ](major|minor|dorian|mixolydian)\b/.exec(text);
  const found = en ?? loose;
  if (!found) return undefined;
  const sign = found[2] === undefined ? "" : /#|♯|sharp/.test(found[2]) ? "#" : "b";
  return `${found[1]!.toUpperCase()}${sign} ${found[3] ?? ""}`.trim();
}

function metreIn(text: string): string | undefined {
  const plain = /\b(\d{1,2})\/(2|4|8|16)\b/.exec(text);
  if (plain) return `${plain[1]}/${plain[2]}`;
  const zh = /([二四八])([二三四六九])拍/.exec(text);
  if (zh) return `${numberOf(zh[2]!)}/${numberOf(zh[1]!)}`;
  const long = /([二四八])分之(十二|[二三四六九])/.exec(text);
  return long ? `${numberOf(long[2]!)}/${numberOf(long[1]!)}` : undefined;
}

/** ABC in a text: a fenced block, or the lines from the first header on; a fragment in quotes after "motif" or 动机. */
function takeAbc(words: string): { abc?: string; rest: string } {
  const fenced = /```(?:abc)?\s*\n([\s\S]*?)```/.exec(words);
  if (fenced) return { abc: fenced[1]!.trim(), rest: words.replace(fenced[0], " ") };
  const header = /^(?:X|T|M|L|K|Q|R):/m.exec(words);
  if (header && /^K:/m.test(words)) return { abc: words.slice(header.index).trim(), rest: words.slice(0, header.index) };
  const quoted = /(?:motif|opening|begin\w*|start\w*|动机|开头)[^"“「`]{0,30}["“「`]([^"”」`]{3,200})["”」`]/i.exec(words);
  if (quoted && /[A-Ga-g]/.test(quoted[1]!)) return { abc: quoted[1]!.trim(), rest: words.replace(quoted[0], " ") };
  return { rest: words };
}
