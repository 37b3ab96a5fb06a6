import { type Controls, InksealError } from "@inkseal/core";
import { checkGrammar } from "./grammar-limits.ts";
import { grammarOfSchema } from "./json-schema-grammar.ts";

/** The GBNF that a brief's schema or grammar asks for. Throws `bad-request`, `cannot-do`. */
export function gbnfOf({ schema, grammar }: Controls): string | undefined {
  if (schema === undefined && grammar === undefined) return undefined;
  if (schema !== undefined && grammar !== undefined)
    throw new InksealError("bad-request", "grammar: a schema and a grammar exclude each other", { param: "grammar" });
  if (grammar !== undefined) checkGrammar(grammar);
  return grammar ?? grammarOfSchema(schema as true | Record<string, unknown>);
}
