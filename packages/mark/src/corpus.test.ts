import { replayCorpus } from "@inkseal/testkit";
import { targets } from "../test/fuzz.ts";

replayCorpus(targets, new URL("../test/corpus", import.meta.url));
