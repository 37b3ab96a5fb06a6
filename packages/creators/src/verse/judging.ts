/** For those who check and measure verse: the judge, the rhyme books, the tunes, and the maker with its jobs. */
export { level, oblique, rhymeBook } from "./books/rhyme-book.ts";
export { echoesOf, patternOf, tuneNames } from "./forms/tune.ts";
export { bookChoices, formNames, type VerseJob } from "./job.ts";
export { type Asked, faults } from "./judge.ts";
export { openVerse } from "./maker.ts";
