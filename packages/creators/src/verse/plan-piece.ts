import { InksealError } from "@inkseal/core";
import type { Tokenizer } from "@inkseal/lab";
import { VerseAutomaton } from "./automaton.ts";
import { rhymeBook } from "./books/rhyme-book.ts";
import { answerTo, couplet } from "./forms/couplet.ts";
import { type Form, lengthsOf, rhymeCount } from "./forms/form.ts";
import { regulated } from "./forms/regulated.ts";
import { tune } from "./forms/tune.ts";
import type { VerseJob } from "./job.ts";
import { type Lexicon, lexicon } from "./lexicon.ts";
import type { Piece } from "./piece.ts";
import { eraToken, formToken, titleToken, type VerseForm, wordsToken } from "./tokens.ts";

/** In titles these say nothing of the subject. */
const emptyWords = new Set("题咏写作的和与于有怀感赠寄赋诗词首一其之中上下在为");
const han = (text: string): string[] => [...text].filter((c) => /\p{Script=Han}/u.test(c));

/** What the job asks for, as the model and its automaton take it. Throws `bad-request` and `cannot-do` naming the control. */
export function planPiece(job: VerseJob, lexicons: (job: VerseJob) => Lexicon): Piece {
  const words = lexicons(job);
  const answered = job.upper === undefined ? undefined : answerTo(job.upper, words.book);
  const form = answered?.form ?? formOf(job);
  const fixed = new Map<number, string>();
  setAcrostic(form, job.acrostic, fixed);
  const start = han(job.start ?? "");
  const length = lengthsOf(form).reduce((a, b) => a + b, 0);
  if (start.length >= length)
    throw new InksealError(
      "bad-request",
      `the beginning has ${start.length} characters and the ${form.name} ${length}: nothing is left to write`,
      {
        param: "controls.own.start",
      },
    );
  for (const [i, c] of start.entries()) fixed.set(i, c);
  const rhyme = job.rhyme === undefined ? undefined : rhymeNamed(job.rhyme, words);
  const piece: Piece = {
    form,
    lexicon: words,
    head: headOf(job),
    fixed,
    words: job.words,
    about: new Set(han(job.topic).filter((c) => !emptyWords.has(c))),
    rhyme,
    lead: job.upper === undefined ? "" : `${job.upper.replace(/[^\p{Script=Han}]+/gu, "，").replace(/，$/, "")}，`,
    answer: answered?.answer ?? (job.form === "对联" ? { echo: [], avoid: new Set(job.words.join("")) } : undefined),
    repetition: job.form === "词" ? 1 : 3.5,
  };
  return start.length > 0 && !keepsMetre(piece) ? { ...piece, form: relaxed(form, start.length) } : piece;
}

/** The lexicon of a job: which book its tones and its rhymes are of. */
export function lexiconsOf(tokenizer: Tokenizer): (job: VerseJob) => Lexicon {
  const made = new Map<string, Lexicon>();
  return ({ form, book }) => {
    const key = form === "词" ? "词" : book;
    let found = made.get(key);
    if (found === undefined) {
      found =
        form === "词" ? lexicon(tokenizer, rhymeBook("平水韵"), rhymeBook("词林正韵")) : lexicon(tokenizer, rhymeBook(book));
      made.set(key, found);
    }
    return found;
  };
}

function formOf(job: VerseJob): Form {
  if (job.form === "词") return tune(job.tune!);
  if (job.form === "对联") return couplet(7);
  return regulated({
    characters: job.form.startsWith("五") ? 5 : 7,
    lines: job.form.endsWith("绝句") ? 4 : 8,
    opening: job.opening,
    firstLineRhymes: job.firstLineRhymes,
  });
}

const shortNames: Readonly<Record<VerseJob["form"], VerseForm>> = {
  五言绝句: "五绝",
  七言绝句: "七绝",
  五言律诗: "五律",
  七言律诗: "七律",
  词: "词",
  对联: "联",
};
/**
 * What the model was taught to read before a poem: its title, and words that occur in it. A subject is told as both: titles alone bind a small
 * model little.
 */
function headOf({ form, tune: name = "", era, topic, words }: VerseJob): string {
  const begin = formToken(shortNames[form]) + eraToken(era);
  if (form === "对联") return begin; // couplets were taught without a head
  const title = han(topic).slice(0, 10).join("");
  const subject = han(topic)
    .filter((c) => !emptyWords.has(c))
    .join("");
  const told = [...words, ...(subject.match(/../gu) ?? [])].slice(0, 3);
  return (
    begin +
    (form === "词" ? name : "") +
    (title === "" ? "" : titleToken + title) +
    (told.length === 0 ? "" : wordsToken + told.join("、"))
  );
}

/** An acrostic stands at the head of every line, or of each second one when it is half as long as the poem. */
function setAcrostic(form: Form, acrostic: readonly string[] | undefined, fixed: Map<number, string>): void {
  if (acrostic === undefined || acrostic.length === 0) return;
  const lengths = lengthsOf(form);
  if (acrostic.length > lengths.length)
    throw new InksealError(
      "bad-request",
      `the acrostic has ${acrostic.length} characters; a ${form.name} has ${lengths.length} lines`,
      {
        param: "controls.own.acrostic",
      },
    );
  const step = acrostic.length * 2 === lengths.length ? 2 : 1;
  let place = 0;
  lengths.forEach((length, line) => {
    const head = line % step === 0 ? acrostic[line / step] : undefined;
    if (head !== undefined) fixed.set(place, head);
    place += length;
  });
}

/** By its name (一东, 东, 第一部), or by a character that rhymes so. */
function rhymeNamed(asked: string, { rhymes }: Lexicon): number {
  const bare = (name: string): string => name.replace(/^[一二三四五六七八九十]+/, "");
  const found = [
    rhymes.findIndex(({ name }) => name === asked),
    rhymes.findIndex(({ name }) => bare(name) === asked),
    rhymes.findIndex(({ characters }) => characters.has(asked)),
  ].find((i) => i >= 0);
  if (found !== undefined) return found;
  throw new InksealError(
    "bad-request",
    `there is no such rhyme in this book; name one of ${rhymes
      .slice(0, 30)
      .map(({ name }) => name)
      .join("、")}, or a character that rhymes`,
    { param: "controls.own.rhyme" },
  );
}

/** Whether some poem in this form begins as the user's does. */
function keepsMetre({ form, lexicon: words, fixed, rhyme }: Piece): boolean {
  const first = rhyme === undefined ? words.rhymes.map((_, i) => i) : [rhyme];
  return first.some((r) => {
    const rhymes = Array.from({ length: rhymeCount(form) }, () => r);
    return new VerseAutomaton(form, words, { rhymes, fixed }).start().length > 0;
  });
}

/** The form with the first `count` places free: what the user wrote is the user's. */
function relaxed(form: Form, count: number): Form {
  return {
    ...form,
    echoes: new Map([...(form.echoes ?? [])].filter(([, earlier]) => earlier >= count)),
    metres: form.metres.map((metre) => {
      let place = 0;
      return {
        ...metre,
        lines: metre.lines.map((line) => {
          const start = place;
          place += line.tones[0]!.length;
          if (start >= count) return line;
          const { rhyme, ...rest } = line;
          const free = Math.min(count - start, line.tones[0]!.length);
          return {
            ...rest,
            tones: line.tones.map((tones) => "中".repeat(free) + tones.slice(free)),
            ...(rhyme !== undefined && place > count && { rhyme }),
          };
        }),
      };
    }) as unknown as Form["metres"],
  };
}
