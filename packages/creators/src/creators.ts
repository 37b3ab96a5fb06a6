import { code } from "./code/index.ts";
import type { Creator } from "./creator.ts";
import { melody } from "./melody/index.ts";
import { molecule } from "./molecule/index.ts";
import { picture } from "./picture/index.ts";
import { tables } from "./tables/index.ts";
import { verse } from "./verse/index.ts";

/** All creators there are, in the order in which they are shown. */
export const creators: readonly Creator[] = [
  verse as Creator,
  melody as Creator,
  picture as Creator,
  molecule as Creator,
  tables as Creator,
  code as Creator,
];

/** The creator of a name; undefined where there is none. */
export const creatorOf = (name: string): Creator | undefined => creators.find((creator) => creator.name === name);
