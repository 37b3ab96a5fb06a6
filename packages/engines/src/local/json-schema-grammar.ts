import { InksealError } from "@inkseal/core";
import { integerRange } from "./integer-range.ts";

type Schema = Readonly<Record<string, unknown>>;

/** Rules that every grammar here may use. A string's `\u` escapes leave surrogates out, so that characters can be counted. */
const common: Readonly<Record<string, string>> = {
  char: '[^"\\\\\\x00-\\x1F\\x7F] | "\\\\" (["\\\\/bfnrt] | "u" ([0-9a-cA-CefEF] hex hex hex | [dD] [0-7] hex hex))',
  hex: "[0-9a-fA-F]",
  string: '"\\"" char* "\\""',
  integral: '"0" | [1-9] [0-9]{0,14}',
  number: '"-"? integral ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?',
  integer: '"-"? integral',
  boolean: '"true" | "false"',
  null: '"null"',
  colon: '":" " "?',
  comma: '"," " "?',
  value: "object | array | string | number | boolean | null",
  object: '"{" (string colon value (comma string colon value)*)? "}"',
  array: '"[" (value (comma value)*)? "]"',
  date: '[0-9]{4} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | "1" [0-9] | "2" [0-8])',
  time: '([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9] ("." [0-9]{3})? "Z"',
};
const formats: Readonly<Record<string, string>> = {
  date: "date",
  time: "time",
  "date-time": 'date "T" time',
  uuid: 'hex{8} "-" hex{4} "-4" hex{3} "-" [89ab] hex{3} "-" hex{12}',
  ipv4: 'octet ("." octet){3}',
};
/** Keywords that say something about the schema, not about the value. */
const silent = new Set(
  "$schema $id $comment $defs definitions title description default examples example deprecated readOnly writeOnly nullable strict name contentMediaType contentEncoding".split(
    " ",
  ),
);
/** Keywords by the type that they bear on, as far as a grammar can keep them. */
const kept: Readonly<Record<string, readonly string[]>> = {
  string: ["minLength", "maxLength", "format"],
  integer: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format"],
  number: ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "format"],
  boolean: [],
  null: [],
  array: ["items", "prefixItems", "minItems", "maxItems"],
  object: ["properties", "required", "additionalProperties", "minProperties", "maxProperties"],
};
/** llama.cpp takes no more repetitions of one rule. */
const mostRepeats = 2_000;

/**
 * A GBNF grammar whose every sentence is JSON valid under `schema` (draft 2020-12; `true` means any object), on one
 * line. Properties come in the schema's order; undeclared ones only where none is declared. Alternatives of `oneOf` are
 * taken to exclude each other. With `strict` a keyword that a grammar cannot keep is `cannot-do`, otherwise it is left out.
 * @see https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
 */
export function grammarOfSchema(schema: Schema | true, strict = true): string {
  if (schema === true) return render({ root: "object" });
  const grammar = new Grammar(schema, strict);
  return render({ root: grammar.rule(schema), ...grammar.rules });
}

/** Rules as text, with those of `common` that they reach. */
function render(rules: Readonly<Record<string, string>>): string {
  const all: Record<string, string> = { ...rules };
  const pending = Object.values(rules);
  for (let body = pending.pop(); body !== undefined; body = pending.pop()) {
    for (const [name] of body.replace(/"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]/g, " ").matchAll(/[a-z][a-z0-9-]*/g)) {
      const more = name === "octet" ? '"25" [0-5] | "2" [0-4] [0-9] | "1" [0-9] [0-9] | [1-9]? [0-9]' : common[name];
      if (more === undefined || name in all) continue;
      all[name] = more;
      pending.push(more);
    }
  }
  return Object.entries(all)
    .map(([name, body]) => `${name} ::= ${body}`)
    .join("\n");
}

class Grammar {
  readonly rules: Record<string, string> = {};
  readonly #root: Schema;
  readonly #strict: boolean;
  readonly #refs = new Map<string, string>();
  #next = 0;

  constructor(root: Schema, strict: boolean) {
    this.#root = root;
    this.#strict = strict;
  }

  /** The body of a rule for `schema`. */
  rule(schema: unknown): string {
    if (schema === true || schema === undefined) return "value";
    if (schema === false) throw this.#cannot("false");
    if (typeof schema !== "object" || schema === null || Array.isArray(schema)) throw malformed("it is no object");
    const s = schema as Schema;
    if (typeof s.$ref === "string") {
      this.#only(s, ["$ref"]);
      return this.#ref(s.$ref);
    }
    if ("const" in s) return literal(s.const);
    if (Array.isArray(s.enum)) {
      if (s.enum.length === 0) throw this.#cannot("enum");
      return s.enum.map(literal).join(" | ");
    }
    const alternatives = s.anyOf ?? s.oneOf;
    if (Array.isArray(alternatives)) {
      // what stands beside the alternatives holds for each of them
      const { anyOf: _, oneOf: __, ...beside } = s;
      return alternatives.map((a) => this.#named(this.#merge([beside, a]))).join(" | ");
    }
    if (Array.isArray(s.allOf)) {
      const { allOf, ...beside } = s;
      return this.rule(this.#merge([beside, ...allOf]));
    }
    const type = s.type ?? implied(s);
    if (Array.isArray(type)) return type.map((t) => this.#named({ ...onlyFor(String(t), s), type: t })).join(" | ");
    if (type === undefined) {
      this.#only(s, []);
      return "value";
    }
    if (s.nullable === true) return `${this.#named({ ...s, nullable: undefined })} | null`;
    const keywords = kept[String(type)];
    if (keywords === undefined) throw malformed("it has an unknown type");
    this.#only(s, ["type", ...keywords]);
    switch (type) {
      case "string":
        return this.#string(s);
      case "integer":
        return this.#integer(s);
      case "number":
        return this.#number(s);
      case "array":
        return this.#array(s);
      case "object":
        return this.#object(s);
      default:
        return String(type);
    }
  }

  /** A name for `schema`'s rule. */
  #named(schema: unknown): string {
    const body = this.rule(schema);
    if (/^[a-z][a-z0-9-]*$/.test(body)) return body;
    return this.#rule(body);
  }

  #rule(body: string): string {
    const name = `r${this.#next++}`;
    this.rules[name] = body;
    return name;
  }

  #ref(ref: string): string {
    const known = this.#refs.get(ref);
    if (known !== undefined) return known;
    const name = `r${this.#next++}`;
    this.#refs.set(ref, name); // before its body, which may refer to itself
    this.rules[name] = this.rule(this.#target(ref));
    return name;
  }

  #target(ref: string): unknown {
    if (!ref.startsWith("#")) throw this.#cannot("$ref to another document");
    let at: unknown = this.#root;
    for (const step of ref.slice(1).split("/").slice(1)) {
      const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
      at = typeof at === "object" && at !== null && Object.hasOwn(at, key) ? (at as Schema)[key] : undefined;
    }
    if (at === undefined) throw malformed("a $ref points nowhere");
    return at;
  }

  /** Schemas that must all hold, as one; only where their keywords do not contradict each other. */
  #merge(parts: readonly unknown[]): Schema {
    const out: Record<string, unknown> = {};
    for (const part of parts) {
      if (part === true) continue;
      let s = part as Schema;
      if (parts.length > 1 && typeof s?.$ref === "string" && Object.keys(out).some((k) => !silent.has(k)))
        s = this.#target(s.$ref) as Schema;
      for (const [key, value] of Object.entries(s ?? {})) {
        if (value === undefined) continue;
        if (out[key] === undefined || silent.has(key)) out[key] = value;
        else if (key === "properties") out.properties = { ...(out.properties as Schema), ...(value as Schema) };
        else if (key === "required") out.required = [...(out.required as string[]), ...(value as string[])];
        else if (JSON.stringify(out[key]) !== JSON.stringify(value)) throw this.#cannot(`allOf with two ${key}`);
      }
    }
    return out;
  }

  #string({ minLength, maxLength, format }: Schema): string {
    if (typeof format === "string" && minLength === undefined && maxLength === undefined) {
      const body = formats[format];
      if (body !== undefined) return `"\\"" ${body} "\\""`;
      if (this.#strict) throw this.#cannot(`format ${JSON.stringify(format)}`);
    }
    if (minLength === undefined && maxLength === undefined) return "string";
    return `"\\"" char${this.#times(minLength, maxLength)} "\\""`;
  }

  #integer(s: Schema): string {
    const least = bound(s.minimum, s.exclusiveMinimum, 1);
    const most = bound(s.maximum, s.exclusiveMaximum, -1);
    if (least === undefined && most === undefined) return "integer";
    if (least !== undefined && most !== undefined && least > most) throw malformed("its minimum is above its maximum");
    return integerRange(least, most);
  }

  /** Ranges of fractions are kept only at zero. */
  #number(s: Schema): string {
    const limits = [s.minimum, s.exclusiveMinimum, s.maximum, s.exclusiveMaximum];
    if (limits.every((l) => l === undefined)) return "number";
    const open = s.maximum === undefined && s.exclusiveMaximum === undefined && s.exclusiveMinimum === undefined;
    if (open && s.minimum === 0) return 'integral ("." [0-9]{1,15})?';
    if (s.minimum === 0 && s.maximum === 1 && s.exclusiveMinimum === undefined && s.exclusiveMaximum === undefined)
      return '"0" ("." [0-9]{1,15})? | "1"';
    if (this.#strict) throw this.#cannot("minimum or maximum of a number that is no integer");
    return "number";
  }

  #array({ items, prefixItems, minItems, maxItems }: Schema): string {
    const first = Array.isArray(prefixItems) ? prefixItems.map((p) => this.#named(p)) : [];
    if (first.length > 0) {
      // the fixed ones, and none after them: shorter and longer arrays would be valid too
      if (Number(minItems ?? 0) > first.length || Number(maxItems ?? first.length) < first.length)
        throw this.#cannot("prefixItems with another number of items");
      return `"[" ${first.join(" comma ")} "]"`;
    }
    const least = Number(minItems ?? 0);
    const most = maxItems === undefined ? undefined : Number(maxItems);
    if (most === 0) return '"[]"';
    const item = this.#named(items);
    const more = `(comma ${item})${this.#times(Math.max(0, least - 1), most === undefined ? undefined : most - 1)}`;
    return least > 0 ? `"[" ${item} ${more} "]"` : `"[" (${item} ${more})? "]"`;
  }

  #object(s: Schema): string {
    const properties = Object.entries((s.properties ?? {}) as Schema);
    const required = new Set((s.required ?? []) as readonly string[]);
    for (const name of required) {
      if (!properties.some(([p]) => p === name)) properties.push([name, s.additionalProperties ?? true]);
    }
    if (properties.length === 0) return this.#map(s);
    if (Number(s.minProperties ?? 0) > required.size || Number(s.maxProperties ?? properties.length) < properties.length)
      throw this.#cannot("minProperties or maxProperties beside properties");
    const pairs = properties.map(([name, value]) => `${literal(name)} colon ${this.#named(value)}`);
    // rest[i][started]: what may follow after the first i properties, with or without one before
    const rest = { before: "", none: "" };
    for (let i = pairs.length - 1; i >= 0; i--) {
      const must = required.has(properties[i]?.[0] as string);
      const after = rest.before === "" ? "" : ` ${rest.before}`;
      const here = { before: `comma ${pairs[i]}${after}`, none: `${pairs[i]}${after}` };
      const skip = (other: string, mine: string): string => (must ? mine : `${mine} | ${other === "" ? '""' : other}`);
      const before = this.#rule(skip(rest.before, here.before));
      rest.none = this.#rule(skip(rest.none, here.none));
      rest.before = before;
    }
    return `"{" ${rest.none} "}"`;
  }

  /** Keys of any name. */
  #map(s: Schema): string {
    if (s.additionalProperties === false) return '"{}"';
    const least = Number(s.minProperties ?? 0);
    if (least > 1) throw this.#cannot("minProperties above 1"); // keys may repeat
    const pair = `string colon ${this.#named(s.additionalProperties)}`;
    const most = s.maxProperties === undefined ? undefined : Number(s.maxProperties);
    if (most === 0) return '"{}"';
    const all = `${pair} (comma ${pair})${this.#times(0, most === undefined ? undefined : most - 1)}`;
    return least === 1 ? `"{" ${all} "}"` : `"{" (${all})? "}"`;
  }

  #times(least: unknown, most: unknown): string {
    const [a, b] = [Number(least ?? 0), most === undefined ? undefined : Number(most)];
    if (!Number.isInteger(a) || a < 0 || (b !== undefined && (!Number.isInteger(b) || b < a)))
      throw malformed("its lengths are no range");
    if (a > mostRepeats || (b ?? 0) > mostRepeats) {
      if (this.#strict) throw this.#cannot(`a length limit above ${mostRepeats}`);
      return "*";
    }
    return b === undefined ? (a === 0 ? "*" : `{${a},}`) : `{${a},${b}}`;
  }

  #only(s: Schema, allowed: readonly string[]): void {
    if (!this.#strict) return;
    for (const key of Object.keys(s)) {
      if (s[key] === undefined || allowed.includes(key) || silent.has(key) || key.startsWith("x-")) continue;
      if (key === "uniqueItems" && s[key] === false) continue;
      throw this.#cannot(key);
    }
  }

  #cannot(what: string): InksealError {
    return new InksealError("cannot-do", `a grammar cannot guarantee the schema's ${what}`, { param: "response_format" });
  }
}

/** A JSON value as the one sentence that it is. */
function literal(value: unknown): string {
  const json = JSON.stringify(value);
  if (json === undefined) throw malformed("a value in it is not JSON");
  return `"${json.replace(/[\\"]/g, "\\$&")}"`;
}

const implied = (s: Schema): string | undefined =>
  Object.keys(kept).find((type) => type !== "integer" && kept[type]?.some((k) => k !== "format" && k in s));

const onlyFor = (type: string, s: Schema): Schema =>
  Object.fromEntries(
    Object.entries(s).filter(([k]) => kept[type]?.includes(k) || !Object.values(kept).some((names) => names.includes(k))),
  );

function bound(inclusive: unknown, exclusive: unknown, step: 1 | -1): number | undefined {
  const round = step === 1 ? Math.ceil : Math.floor;
  const bounds: number[] = [];
  if (typeof inclusive === "number") bounds.push(round(inclusive));
  if (typeof exclusive === "number") bounds.push(Number.isInteger(exclusive) ? exclusive + step : round(exclusive));
  return bounds.length === 0 ? undefined : step === 1 ? Math.max(...bounds) : Math.min(...bounds);
}

const malformed = (why: string): InksealError =>
  new InksealError("bad-request", `the schema cannot be read: ${why}`, { param: "response_format" });
