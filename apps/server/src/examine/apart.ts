import { type LayerVerdict, type Likelihood, sniff } from "@inkseal/core";
import { type Marker, type MarkReading, markedWords, methods, pictureGuessable } from "@inkseal/mark";
import { type Examiner, Stopped } from "./examiner.ts";
import type { SeenApart } from "./words.ts";

/**
 * The marker whose reading is done in processes of their own: for files that strangers hand in. A file that takes too long, too much memory or
 * the whole process with it is `unexamined`, which is a verdict and no error.
 */
export function readingApart(marker: Marker, examiner: Pick<Examiner, "ask">): Marker {
  const stopped = <T>(instead: (why: Stopped["why"]) => T) => {
    return (error: unknown): T => {
      if (error instanceof Stopped) return instead(error.why);
      throw error;
    };
  };
  return {
    ...marker,
    read: (bytes) =>
      examiner
        .ask({ verb: "read", bytes })
        .then((value) => value as MarkReading)
        .catch(stopped((unexamined) => ({ mediaType: sniff(bytes), layers: [], labelClass: 0 as const, unexamined }))),
    async readWords(bytes, tokens) {
      const text = marker.wordMark && markedWords(bytes, sniff(bytes));
      const tokenised = text === undefined ? [] : await tokens(text);
      if (tokenised.length === 0) return undefined;
      return await examiner
        .ask({ verb: "words", bytes, tokens: tokenised })
        .then((value) => value as LayerVerdict | undefined)
        .catch(stopped(() => undefined));
    },
    async likelihood(bytes) {
      if (!pictureGuessable(sniff(bytes))) return undefined;
      return await examiner
        .ask({ verb: "likelihood", bytes })
        .then((value) => value as Likelihood | undefined)
        .catch(stopped(() => undefined));
    },
    async look(bytes) {
      const seen = await examiner
        .ask({ verb: "look", bytes })
        .then((value) => value as readonly SeenApart[])
        .catch(stopped(() => []));
      return seen.flatMap(({ print, asks }) => {
        const method = methods[print.alg];
        return method === undefined ? [] : [{ print, probe: method.ask(asks) }];
      });
    },
  };
}
