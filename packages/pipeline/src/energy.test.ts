import * as fc from "fast-check";
import { expect, it } from "vitest";
import { SharedEnergy } from "./energy.ts";

it("shares what was measured among those who run at the time, and loses none of it", () => {
  let measured = 5;
  const energy = new SharedEnergy({ joules: () => measured });
  const first = energy.begin();
  measured += 4; // the first alone
  const second = energy.begin();
  measured += 6; // both
  expect(first()).toBe(7);
  measured += 1; // the second alone
  expect(second()).toBe(4);
  measured += 100; // nobody
  expect(energy.begin()()).toBe(0);
  expect(first()).toBe(7); // ended once
});

it("adds up, whoever comes and goes", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ spent: fc.nat(1000), leaves: fc.option(fc.nat(8)) }), { maxLength: 60 }), (steps) => {
      let measured = 0;
      let used = 0;
      let sum = 0;
      const energy = new SharedEnergy({ joules: () => measured });
      const open: (() => number)[] = [];
      for (const { spent, leaves } of steps) {
        measured += spent;
        if (open.length > 0) used += spent;
        if (leaves === null) open.push(energy.begin());
        else if (leaves < open.length) sum += open.splice(leaves, 1)[0]!();
      }
      for (const end of open) sum += end();
      expect(sum).toBeCloseTo(used, 6);
    }),
  );
});
