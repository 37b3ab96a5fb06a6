/** For benches: the split that the model learnt from, and how well it knows the rest. */
export { type Poem, readPoems } from "./corpus.ts";
export { headOf, heldPerplexity } from "./perplexity.ts";
export { alphabetOf, sourcesOf } from "./sources.ts";
