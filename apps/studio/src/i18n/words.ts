import { appWords } from "./app.ts";
import { errors } from "./errors.ts";
import { labWords } from "./lab.ts";
import { ledgerWords } from "./ledger.ts";
import { makeWords } from "./make.ts";
import { shelfWords } from "./shelf.ts";
import { termWords } from "./terms.ts";
import { verifyWords } from "./verify.ts";

/** Every word the Studio says, zh-CN and en side by side. */
export const words = {
  app: appWords,
  make: makeWords,
  shelf: shelfWords,
  verify: verifyWords,
  ledger: ledgerWords,
  lab: labWords,
  terms: termWords,
  errors,
};
