import { InksealError, type Plan } from "@inkseal/core";
import { ownControls } from "../own-controls.ts";
import { wordsOf } from "../words-of.ts";
import { askedInWords } from "./asked-in-words.ts";
import { fullForm, VerseControls, wordList } from "./controls.ts";
import { knownTune, tune, tuneNames } from "./forms/tune.ts";
import type { FormName, VerseJob } from "./job.ts";
import { asksForAnother } from "./other-requests.ts";
import { toSimplified } from "./script/script.ts";

const han = (text: string): string[] => [...text].filter((c) => /\p{Script=Han}/u.test(c));
const can =
  "Verse writes classical Chinese verse: 绝句, 律诗, 词, couplets (对联), acrostics (藏头诗), and goes on from a line. For anything else name a language model (llama, lab or a provider: `inkseal models list`) · Verse 只写旧体诗词：绝句、律诗、词、对联、藏头诗、续写；其他文字请用语言模型";

/** A brief as a job. Own controls go before what the words ask for. Throws `cannot-do` and `bad-request`. */
export function verseJob(plan: Plan, seed: number): VerseJob {
  const { brief } = plan;
  const said = wordsOf(brief);
  const text = toSimplified(said);
  const own = ownControls(VerseControls, plan);
  const explicit = Object.keys(own).length > 0;
  if (!explicit && asksForAnother(text)) throw new InksealError("cannot-do", can, { param: "model" });
  const wishes = { ...askedInWords(text), ...own };
  if (!explicit && text === "") throw new InksealError("bad-request", `there are no words. ${can}`);

  const start = wishes.start === undefined ? undefined : toSimplified(wishes.start);
  const upper = wishes.upper === undefined ? undefined : toSimplified(wishes.upper);
  const acrostic = wishes.acrostic === undefined ? undefined : han(toSimplified(wordList(wishes.acrostic).join("")));
  const words = checkedWords(wordList(wishes.theme).map(toSimplified));
  const form = formOf(wishes, start, acrostic?.length ?? 0, upper);
  const name = form === "词" ? (wishes.tune === undefined ? tuneFor(start) : toSimplified(wishes.tune)) : undefined;
  if (name !== undefined) tune(name); // throws for one that is not known
  if (form === "对联" && upper !== undefined && words.length > 0)
    throw new InksealError("bad-request", "words that must occur go with a couplet of Verse's own, not with an answer", {
      param: "controls.own.theme",
    });
  if (form === "对联" && upper === undefined && start !== undefined)
    throw new InksealError("bad-request", "a couplet's first line goes in `upper`", { param: "controls.own.start" });
  if (form === "对联" && new Set(words.join("")).size !== [...words.join("")].length)
    throw new InksealError("bad-request", "the words of a couplet may not repeat a character", { param: "controls.own.theme" });
  const { temperature = 0.85, topP = 0.92, n = 1, language = "" } = brief.controls;
  return {
    form,
    tune: name === undefined ? undefined : knownTune(name),
    book: wishes.book ?? "平水韵",
    rhyme: wishes.rhyme === undefined ? undefined : toSimplified(wishes.rhyme),
    opening: wishes.opening,
    firstLineRhymes: wishes.firstLineRhymes,
    acrostic,
    words,
    start,
    upper: form === "对联" ? upper : undefined,
    topic: toSimplified(wishes.about ?? ""),
    era: wishes.era ?? (form === "词" ? "宋" : "唐"),
    traditional:
      wishes.script === undefined ? text !== said || /hant|zh-(?:tw|hk|mo)/i.test(language) : wishes.script === "traditional",
    seed,
    n,
    temperature,
    topP,
    candidates: wishes.candidates ?? (form === "对联" ? 16 : 6),
  };
}

function checkedWords(words: readonly string[]): readonly string[] {
  if (words.length > 6)
    throw new InksealError("bad-request", `at most 6 words may be asked for, not ${words.length}`, {
      param: "controls.own.theme",
    });
  const bad = words.find((word) => !/^\p{Script=Han}{1,7}$/u.test(word));
  if (bad !== undefined)
    throw new InksealError("bad-request", "a word that must occur has 1 to 7 Chinese characters: it has to fit into a line", {
      param: "controls.own.theme",
    });
  return [...new Set(words)];
}

/** The form that is asked for, or that the given lines or the acrostic suggest. */
function formOf(wishes: VerseControls, start: string | undefined, heads: number, upper: string | undefined): FormName {
  if (wishes.form !== undefined) return fullForm(wishes.form);
  if (wishes.tune !== undefined) return "词";
  if (upper !== undefined) return "对联";
  const lines = (start ?? "").split(/[^\p{Script=Han}]+/u).filter((line) => line !== "");
  const five = [...(lines[0] ?? "")].length === 5;
  if (lines.length > 0 && lines.some((line, i) => [...line].length !== (five ? 5 : 7) && i < lines.length - 1)) return "词";
  const long = lines.length > 4 || heads > 4;
  return `${five ? "五" : "七"}言${long ? "律诗" : "绝句"}`;
}

/** The commonest tune whose first lines are as long as those given; 浣溪沙 when nothing is given. */
function tuneFor(start: string | undefined): string {
  if (start === undefined) return tuneNames[0]!;
  const given = (start ?? "")
    .split(/[^\p{Script=Han}]+/u)
    .filter((line) => line !== "")
    .map((line) => [...line].length);
  const name = tuneByCut(given);
  if (name !== undefined) return name;
  throw new InksealError(
    "cannot-do",
    `no tune that Verse knows begins with lines of ${given.join(", ")} characters; name one with \`tune\``,
    {
      param: "controls.own.start",
    },
  );
}
const tuneByCut = (given: readonly number[]): string | undefined => {
  for (const name of tuneNames) {
    const lengths = tune(name).metres[0].lines.map((line) => line.tones[0]!.length);
    if (given.every((n, i) => (i === given.length - 1 ? n <= (lengths[i] ?? 0) : n === lengths[i]))) return name;
  }
  return undefined;
};
