/** The longest run of characters of `text` that is also in `learnt`, blanks at its ends aside. Runs begin at the beginnings of words. */
export function longestCopy(text: string, learnt: string): string {
  let longest = "";
  for (const { index } of text.matchAll(/(?<![\w$])\S/g)) {
    // only what is longer than the best so far is of interest
    let low = longest.length;
    if (index + low >= text.length || !learnt.includes(text.slice(index, index + low + 1))) continue;
    let high = text.length - index;
    low += 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (learnt.includes(text.slice(index, index + middle))) low = middle;
      else high = middle - 1;
    }
    const run = text.slice(index, index + low).trimEnd();
    if (run.length > longest.length) longest = run;
  }
  return longest;
}
