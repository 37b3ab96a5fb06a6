import { InksealError } from "@inkseal/core";
import { describe, expect, it } from "vitest";
import { Slots, type SlotsOptions } from "./slots.ts";

const never = new AbortController().signal;
function slotsOf(options: Partial<SlotsOptions<number>> = {}) {
  let made = 0;
  const freed: number[] = [];
  const slots = new Slots<number>({
    make: () => Promise.resolve(++made),
    free: (n) => Promise.resolve(void freed.push(n)),
    most: 2,
    waiting: 2,
    ...options,
  });
  return { slots, freed, made: () => made };
}

describe("slots", () => {
  it("are made when those there are busy, and lent by their worth", async () => {
    const { slots, freed, made } = slotsOf();
    const a = await slots.take(never);
    slots.give(a);
    expect(await slots.take(never)).toBe(a);
    const b = await slots.take(never);
    expect(made()).toBe(2);
    slots.give(a);
    slots.give(b);
    expect(await slots.take(never, (n) => n)).toBe(2);
    slots.give(2);
    await slots.close();
    expect(freed.sort()).toEqual([1, 2]);
  });
  it("serve who waits in order; one who leaves passes the call on", async () => {
    const { slots } = slotsOf({ most: 1 });
    const held = await slots.take(never);
    const leave = new AbortController();
    const order: string[] = [];
    const first = slots.take(leave.signal).catch((e: InksealError) => order.push(e.code));
    const second = slots.take(never).then(() => order.push("second"));
    await expect(slots.take(never)).rejects.toMatchObject({ code: "overloaded" });
    leave.abort();
    await first;
    slots.give(held);
    await second;
    expect(order).toEqual(["cancelled", "second"]);
  });
  it("survive a making that fails, or that nobody waited for", async () => {
    let fail = true;
    const { slots, freed } = slotsOf({
      most: 1,
      make: () =>
        fail ? Promise.reject(new InksealError("overloaded", "no memory")) : new Promise((r) => setTimeout(r, 10, 7)),
    });
    const both = await Promise.allSettled([slots.take(never), slots.take(never)]);
    expect(both.map((r) => r.status)).toEqual(["rejected", "rejected"]);
    fail = false;
    const leave = new AbortController();
    const left = slots.take(leave.signal);
    leave.abort();
    await expect(left).rejects.toMatchObject({ code: "cancelled" });
    expect(await slots.take(never)).toBe(7);
    slots.give(7);
    await slots.close();
    expect(freed).toEqual([7]);
  });
});
