import { describe, expect, it } from "vitest";
import { Panel } from "./panel.ts";
import { Progress } from "./progress.ts";
import { Screen } from "./screen.ts";
import { pad, width } from "./width.ts";

class Tape {
  text = "";
  readonly isTTY: boolean;
  readonly columns = 60;
  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }
  write(part: string | Uint8Array): boolean {
    this.text += typeof part === "string" ? part : new TextDecoder().decode(part);
    return true;
  }
}
const screenOn = (json: boolean, env: NodeJS.ProcessEnv, terminal: boolean) => {
  const out = new Tape(terminal);
  const err = new Tape(terminal);
  return { screen: new Screen(json, env, out as never, err as never), out, err };
};

describe("width", () => {
  it("counts Chinese as two columns, combining marks as none", () => {
    expect(width("印记 seal")).toBe(9);
    expect(width("e\u0301")).toBe(1);
    expect(width(pad("印", 6))).toBe(6);
  });
});

describe("Screen", () => {
  it("paints only on a terminal, and not under NO_COLOR or TERM=dumb", () => {
    expect(screenOn(false, {}, true).screen.paint("red", "x")).toBe("\x1b[31mx\x1b[39m");
    expect(screenOn(false, { NO_COLOR: "1" }, true).screen.paint("red", "x")).toBe("x");
    expect(screenOn(false, { NO_COLOR: "" }, true).screen.paint("red", "x")).toBe("\x1b[31mx\x1b[39m");
    expect(screenOn(false, { TERM: "dumb" }, true).screen.paint("red", "x")).toBe("x");
    expect(screenOn(false, {}, false).screen.paint("red", "x")).toBe("x");
  });

  it("with --json writes values and nothing for people to standard output", () => {
    const { screen, out } = screenOn(true, {}, false);
    screen.line("for people");
    screen.pairs([["a", "b"]]);
    screen.table(["h"], [["c"]]);
    screen.value({ a: 1 });
    expect(out.text).toBe('{"a":1}\n');
  });

  it("aligns pairs and tables by columns on the screen, Chinese too, and leaves out what is not there", () => {
    const { screen, out } = screenOn(false, {}, false);
    screen.pairs([
      ["印记", "a"],
      ["made by", "b"],
      ["none", undefined],
    ]);
    screen.table(
      ["行", "at"],
      [
        ["1", "x"],
        ["10", "y"],
      ],
    );
    expect(out.text).toBe("印记     a\nmade by  b\n行  at\n1   x\n10  y\n");
  });
});

describe("Progress", () => {
  it("is silent for the first second, then draws one line that it takes away again", () => {
    const tape = new Tape(true);
    let now = 0;
    const progress = new Progress("making", tape, true, () => now);
    progress.update(0.1);
    now = 999;
    progress.update(0.2);
    expect(tape.text).toBe("");
    now = 1500;
    progress.update(0.5, "half of it");
    const [wipe, line] = [tape.text.slice(0, 4), tape.text.slice(4)];
    expect(wipe).toBe("\r\x1b[K");
    expect(line).toMatch(/^making {2}█{12}░{12} {2}50 % {2}1 s {2}hal/);
    expect(width(line)).toBeLessThan(60);
    progress.done();
    expect(tape.text.endsWith("\r\x1b[K")).toBe(true);
  });

  it("in a log writes whole lines without control characters, at most one in ten seconds", () => {
    const tape = new Tape(false);
    let now = 0;
    const progress = new Progress("pulling", tape, false, () => now);
    for (now = 0; now <= 21_000; now += 100) progress.update(now / 42_000);
    progress.done();
    expect(tape.text.split("\n").slice(0, -1)).toEqual(["pulling  23 %  10 s", "pulling  47 %  20 s"]);
  });
});

describe("Panel", () => {
  it("redraws its lines in place, not too often, and leaves the last", () => {
    const tape = new Tape(true);
    let now = 0;
    const panel = new Panel(tape, () => now);
    panel.draw(() => ["one", "two"]);
    panel.draw(() => ["skipped"]);
    now = 200;
    panel.draw(() => ["three", "x".repeat(80)]);
    expect(tape.text).toBe(`one\ntwo\n\x1b[2A\r\x1b[Jthree\n${"x".repeat(58)}…\n`);
    panel.draw(() => ["end"], true);
    panel.clear();
    expect(tape.text.endsWith("\x1b[2A\r\x1b[Jend\n")).toBe(true);
  });
  it("is there on a terminal alone", () => {
    expect(screenOn(false, {}, true).screen.panel()).toBeDefined();
    expect(screenOn(false, {}, false).screen.panel()).toBeUndefined();
    expect(screenOn(false, { TERM: "dumb" }, true).screen.panel()).toBeUndefined();
  });
});

describe("rows", () => {
  it("come one by one under a head, numbers to the right", () => {
    const { screen, out } = screenOn(false, {}, false);
    const row = screen.rows(["模型", "size"], [6, 5]);
    row(["int8", "12"]);
    expect(out.text).toBe("模型     size\nint8       12\n");
  });
});
