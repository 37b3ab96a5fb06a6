import { readTokenizer } from "@inkseal/lab";
import type { Cutter, Place } from "../creator.ts";
import { markedWays } from "./character-choice.ts";
import { toSimplified } from "./script/script.ts";

/** Characters of a text that are looked at: twice the longest tune. */
const most = 500;

/**
 * A text's Han characters as Verse writes them, in sentences: its marks and lines are not drawn but follow from the form, so that they may be
 * changed. Undefined for a text that has hardly any.
 */
export async function verseCutter(place: Pick<Place, "read">): Promise<Cutter> {
  const tokenizer = await readTokenizer((file) => place.read(file), "the folder of verse's weights");
  return (text) => {
    const ids: number[] = [];
    const begins: number[] = [];
    let [open, others] = [false, 0];
    for (const c of toSimplified(text)) {
      if (!/\p{Script=Han}/u.test(c)) {
        if (/[。！？；\n]/.test(c)) open = false;
        if (/[\p{L}\p{N}]/u.test(c)) others++;
        continue;
      }
      if (!open) begins.push(ids.length);
      open = true;
      ids.push(tokenizer.encode(c)[0]!); // its own, or that of the unknown
      if (ids.length === most) break;
    }
    return ids.length < 10 || others > ids.length ? undefined : { ids, ways: { count: markedWays, begins } };
  };
}
