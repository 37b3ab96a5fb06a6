/** The ends of what a part of a grammar matches in `text` from `at`. */
type Match = (text: readonly string[], at: number) => Set<number>;

/**
 * Whether a GBNF grammar derives a text. Small and slow, made apart from llama.cpp: to check grammars, not to parse with.
 * Knows literals, sets of characters, groups, alternatives, references and repetition.
 * @see https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
 */
export function gbnfMatcher(grammar: string): (text: string) => boolean {
  const rules = new Map<string, Match>();
  for (const line of grammar.split("\n").filter((l) => l.trim() !== "")) {
    const [, name = "", body = ""] = /^([a-z][a-z0-9-]*) ::= (.*)$/s.exec(line) ?? [];
    rules.set(name, new Body(body, rules).alternatives());
  }
  return (text) => {
    const characters = [...text];
    return rules.get("root")?.(characters, 0).has(characters.length) ?? false;
  };
}

class Body {
  #at = 0;
  readonly #body: string;
  readonly #rules: ReadonlyMap<string, Match>;

  constructor(body: string, rules: ReadonlyMap<string, Match>) {
    this.#body = body;
    this.#rules = rules;
  }

  alternatives(): Match {
    const all = [this.#sequence()];
    while (this.#take(/\|/y)) all.push(this.#sequence());
    return (text, at) => new Set(all.flatMap((match) => [...match(text, at)]));
  }

  #sequence(): Match {
    const all: Match[] = [];
    for (let next = this.#repeated(); next !== undefined; next = this.#repeated()) all.push(next);
    return (text, at) => all.reduce((ends, match) => then(ends, match, text), new Set([at]));
  }

  #repeated(): Match | undefined {
    const item = this.#item();
    const times = item && this.#take(/[*+?]|\{\d+(,\d*)?\}/y);
    if (item === undefined || times === undefined) return item;
    const [least = 0, most = Number.POSITIVE_INFINITY] =
      times === "*" ? [0] : times === "+" ? [1] : times === "?" ? [0, 1] : countsOf(times);
    return (text, at) => {
      let ends = new Set([at]);
      const found = new Set(least === 0 ? ends : []);
      for (let n = 1; n <= most && ends.size > 0; n++) {
        ends = new Set([...then(ends, item, text)].filter((end) => n <= least || !found.has(end)));
        if (n >= least) for (const end of ends) found.add(end);
      }
      return found;
    };
  }

  #item(): Match | undefined {
    const literal = this.#take(/"(?:[^"\\]|\\.)*"/y);
    if (literal !== undefined) {
      const wanted = [...literal.slice(1, -1).replace(/\\(.)/g, "$1")];
      return (text, at) => new Set(wanted.every((c, i) => text[at + i] === c) ? [at + wanted.length] : []);
    }
    const set = this.#take(/\[(?:[^\]\\]|\\.)*\]/y);
    if (set !== undefined) {
      const pattern = new RegExp(set, "u");
      return (text, at) => new Set(text[at] !== undefined && pattern.test(text[at]) ? [at + 1] : []);
    }
    if (this.#take(/\(/y)) {
      const group = this.alternatives();
      if (!this.#take(/\)/y)) throw new Error(`an open group in ${this.#body}`);
      return group;
    }
    const name = this.#take(/[a-z][a-z0-9-]*/y);
    if (name === undefined) return undefined;
    // what a rule matched at a place is kept: an ambiguous grammar would ask 2ⁿ times
    const known = new WeakMap<readonly string[], Map<number, Set<number>>>();
    return (text, at) => {
      const rule = this.#rules.get(name);
      if (rule === undefined) throw new Error(`no rule ${name}`);
      const ofText = known.get(text) ?? new Map<number, Set<number>>();
      known.set(text, ofText);
      const ends = ofText.get(at) ?? rule(text, at);
      ofText.set(at, ends);
      return ends;
    };
  }

  #take(pattern: RegExp): string | undefined {
    while (this.#body[this.#at] === " ") this.#at++;
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#body)?.[0];
    this.#at += taken?.length ?? 0;
    return taken;
  }
}

const then = (ends: ReadonlySet<number>, match: Match, text: readonly string[]): Set<number> =>
  new Set([...ends].flatMap((end) => [...match(text, end)]));

function countsOf(times: string): readonly [number, number] {
  const [least = "0", most] = times.slice(1, -1).split(",");
  return [Number(least), most === undefined ? Number(least) : most === "" ? Number.POSITIVE_INFINITY : Number(most)];
}
