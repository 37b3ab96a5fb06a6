import { describe, expect, it } from "vitest";
import { width } from "../screen/width.ts";
import { lossCurve, type Point } from "./loss-curve.ts";
import { TrainingStory } from "./training-story.ts";

const falling: Point[] = Array.from({ length: 100 }, (_, i) => [i + 1, 4 - i / 33]);

describe("lossCurve", () => {
  it("draws from the upper left to the lower right, with a scale of losses and steps", () => {
    const lines = lossCurve(falling, [], { columns: 46, rows: 5 });
    expect(lines).toHaveLength(6);
    expect(lines.every((line) => width(line) <= 46)).toBe(true);
    expect(lines[0]).toMatch(/^4\.00 ┤[⠀-⣿]+ +$/u);
    expect(lines[4]).toMatch(/^1\.00 ┤ +[⠀-⣿]+$/u);
    expect(lines[5]).toMatch(/^ {6}1 +100$/);
    // every column of the line has a dot, and none is far from the straight one
    const rows = lines.slice(0, 5).map((line) => [...line.slice(6)]);
    for (let column = 0; column < 40; column++)
      expect(rows.findIndex((row) => row[column] !== " ")).toBeCloseTo((column / 39) * 4, -0.5);
  });
  it("marks held-out losses, also at the ends", () => {
    const lines = lossCurve(
      falling,
      [
        [1, 4],
        [100, 0.5],
      ],
      { columns: 46, rows: 5 },
    );
    expect(lines[0]![6]).toBe("●");
    expect(lines[4]).toMatch(/^0\.50 ┤ +[⠀-⣿]?●$/u);
  });
  it("joins few points, and takes flat, broken and tiny ones", () => {
    const two = lossCurve(
      [
        [1, 3],
        [2, 2],
      ],
      [],
      { columns: 30, rows: 4 },
    );
    expect(two.slice(0, 4).every((line) => /[⠁-⣿]/u.test(line))).toBe(true);
    expect(
      lossCurve(
        [
          [1, 2],
          [2, 2],
          [3, 2],
        ],
        [],
        { columns: 30, rows: 4 },
      )[0],
    ).toMatch(/^2\.000 ┤/);
    expect(
      lossCurve(
        [
          [1, 2],
          [2, Number.NaN],
          [3, 1],
        ],
        [[2, Number.POSITIVE_INFINITY]],
        { columns: 30, rows: 4 },
      ),
    ).toHaveLength(5);
    expect(lossCurve([[1, 2]], [], { columns: 30, rows: 4 })).toEqual([]);
    expect(lossCurve(falling, [], { columns: 6, rows: 4 })).toEqual([]);
  });
});

describe("TrainingStory", () => {
  const start = { type: "start", step: 0, steps: 10, parameters: 1, memoryBytes: 1, tokensPerStep: 100, joules: 0 } as const;
  const step = (n: number, loss: number) =>
    ({ type: "step", step: n, loss, learningRate: 1, gradNorm: 1, tokensPerSecond: 50, joules: n }) as const;

  it("smooths, foresees the end, and forgets what a restart does again", () => {
    const story = new TrainingStory();
    story.add(start);
    expect(story.left).toBeUndefined();
    for (let n = 1; n <= 5; n++) story.add(step(n, n % 2 === 0 ? 3 : 1));
    expect(story.loss).toBeGreaterThan(1.5);
    expect(story.loss).toBeLessThan(2.5);
    expect(story.left).toBeCloseTo((5 * 100) / 50);
    story.add({ type: "evaluation", step: 5, loss: 1.2, best: true });
    story.add({ ...start, step: 3 });
    expect(story.train.map(([n]) => n)).toEqual([1, 2, 3]);
    expect([story.held, story.best]).toEqual([[], Number.POSITIVE_INFINITY]);
  });
});
