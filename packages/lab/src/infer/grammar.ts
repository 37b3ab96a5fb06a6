import { InksealError } from "@inkseal/core";
import { anyCharacter, complement, type Expression, type Range } from "./expression.ts";
import { Language } from "./language.ts";
import { Network } from "./network.ts";

const longest = 1 << 20;
const deepest = 200;
/** As llama.cpp takes. */
const mostRepeats = 2_000;

/**
 * The automaton of a context-free grammar in GBNF, over the UTF-8 bytes of texts of its rule `root`. Throws `bad-request` for what is
 * no GBNF, for unknown rules and left recursion, and for one that is too large.
 * @see https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
 * @example accepts(grammar('root ::= "(" root ")" | ""'), "(())") // true
 */
export function grammar(gbnf: string): Language {
  const rules = parseGrammar(gbnf);
  const root = rules.get("root");
  if (root === undefined) throw refused("it has no rule root");
  return new Language(new Network(new Map([["root", root], ...rules])));
}

/** A grammar's rules by name. Throws `bad-request`. */
export function parseGrammar(gbnf: string): Map<string, Expression> {
  if (gbnf.length > longest) throw refused(`it has ${gbnf.length} characters of at most ${longest}`);
  return new Parser(gbnf).rules();
}

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  rules(): Map<string, Expression> {
    const rules = new Map<string, Expression>();
    for (this.#space(true); this.#at < this.#text.length; this.#space(true)) {
      const name = this.#take(/[a-zA-Z0-9_-]+/y);
      if (name === undefined) throw this.#wrong("a rule's name");
      if (rules.has(name)) throw refused(`it has two rules ${name}`);
      this.#space(false);
      if (this.#take(/::=/y) === undefined) throw this.#wrong("::=");
      this.#space(true);
      rules.set(name, this.#alternatives());
      if (this.#at < this.#text.length && !/[\r\n]/.test(this.#text[this.#at]!)) throw this.#wrong("the end of a rule");
    }
    return rules;
  }

  #alternatives(): Expression {
    const parts = [this.#sequence()];
    while (this.#take(/\|/y) !== undefined) {
      this.#space(true);
      parts.push(this.#sequence());
    }
    return parts.length === 1 ? parts[0]! : { kind: "choice", parts };
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    for (let item = this.#item(); item !== undefined; item = this.#item()) {
      this.#space(this.#depth > 0);
      for (let mark = this.#mark(); mark !== undefined; mark = this.#mark()) {
        item = { kind: "repeat", part: item, ...mark };
        this.#space(this.#depth > 0);
      }
      parts.push(item);
    }
    return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
  }

  #mark(): { least: number; most: number } | undefined {
    const mark = this.#take(/[*+?]|\{\s*\d+\s*(?:,\s*\d*\s*)?\}/y);
    if (mark === undefined) return undefined;
    const most = Number.POSITIVE_INFINITY;
    if (!mark.startsWith("{")) return { least: mark === "+" ? 1 : 0, most: mark === "?" ? 1 : most };
    const [low = "", high] = mark.slice(1, -1).split(",");
    const least = Number(low);
    const times = { least, most: high === undefined ? least : high.trim() === "" ? most : Number(high) };
    if (times.most < least) throw refused(`the repetition ${mark} is no range`);
    if (least > mostRepeats || (times.most !== most && times.most > mostRepeats))
      throw refused(`the repetition ${mark} is over ${mostRepeats}`);
    return times;
  }

  #item(): Expression | undefined {
    if (this.#take(/"/y) !== undefined) {
      const parts: Expression[] = [];
      while (this.#take(/"/y) === undefined) {
        const code = this.#character();
        parts.push({ kind: "set", ranges: [[code, code]] });
      }
      return { kind: "sequence", parts };
    }
    if (this.#take(/\[/y) !== undefined) return this.#class();
    if (this.#take(/\./y) !== undefined) return { kind: "set", ranges: anyCharacter };
    if (this.#take(/\(/y) !== undefined) {
      if (++this.#depth > deepest) throw refused(`its groups are nested over ${deepest} deep`);
      this.#space(true);
      const inner = this.#alternatives();
      if (this.#take(/\)/y) === undefined) throw this.#wrong("a closing parenthesis");
      this.#depth--;
      return inner;
    }
    const name = this.#take(/[a-zA-Z0-9_-]+/y);
    return name === undefined ? undefined : { kind: "rule", name };
  }

  #class(): Expression {
    const negated = this.#take(/\^/y) !== undefined;
    const ranges: Range[] = [];
    while (this.#take(/\]/y) === undefined) {
      const first = this.#character();
      const last = this.#take(/-(?!\])/y) === undefined ? first : this.#character();
      if (last < first) throw this.#wrong("a range that rises");
      ranges.push([first, last]);
    }
    return { kind: "set", ranges: negated ? complement(ranges) : ranges };
  }

  /** One code point of a literal or a class. */
  #character(): number {
    const plain = this.#take(/[^\\\r\n]/uy);
    if (plain !== undefined) return plain.codePointAt(0)!;
    const hex = this.#take(/\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/y);
    if (hex !== undefined) {
      const code = Number.parseInt(hex.slice(2), 16);
      if (code > 0x10ffff) throw this.#wrong("a character of Unicode");
      return code;
    }
    const escaped = this.#take(/\\[tnr"\\[\]-]/y);
    if (escaped === undefined) throw this.#wrong("a character");
    const c = escaped[1]!;
    return { t: 9, n: 10, r: 13 }[c] ?? c.codePointAt(0)!;
  }

  #space(lines: boolean): void {
    this.#take(lines ? /(?:[ \t\r\n]|#[^\r\n]*)*/y : /(?:[ \t]|#[^\r\n]*)*/y);
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0];
    this.#at += taken?.length ?? 0;
    return taken;
  }

  #wrong(wanted: string): InksealError {
    const before = this.#text.slice(0, this.#at).split("\n");
    return refused(`${wanted} was expected at line ${before.length}, column ${before.at(-1)!.length + 1}`);
  }
}

const refused = (why: string): InksealError => new InksealError("bad-request", `grammar: ${why}`, { param: "grammar" });
