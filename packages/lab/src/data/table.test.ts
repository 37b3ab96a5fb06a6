import { describe, expect, it } from "vitest";
import { decodeRows, encodeRows, fitColumns } from "../models/table-transform.ts";
import { parseCsv } from "./csv.ts";
import { seededRandom } from "./random.ts";
import { describeColumns, formatRows, readRows, tableOf } from "./table.ts";

const lines = Array.from(
  { length: 40 },
  (_, i) => `${(20 + i / 4).toFixed(2)},${i % 3 === 0 ? "" : 100 * i},${["cook", "nurse", "?"][i % 3]},${i % 2}`,
);
const text = `age,wage,job,night\n${lines.join("\n")}\n`;
const table = tableOf(parseCsv(text), true);
const columns = describeColumns(table, []);

describe("a table", () => {
  it("tells its columns' types, decimals, gaps and categories", () => {
    expect(columns).toEqual([
      { type: "number", name: "age", modes: 10, decimals: 2 },
      { type: "number", name: "wage", modes: 10, decimals: 0, missing: 1 - 26 / 40 },
      { type: "category", name: "job", count: 3, values: ["?", "cook", "nurse"] },
      { type: "category", name: "night", count: 2, values: ["0", "1"] },
    ]);
    const named = describeColumns(table, [{ type: "category", name: "wage", count: 1 }]);
    expect(named).toMatchObject([{ type: "category", count: 27 }]);
  });
  it("comes back through its encoding, gaps too", () => {
    const rows = readRows(table, columns);
    const fitted = fitColumns(columns, rows, seededRandom(1));
    const back = decodeRows(fitted, encodeRows(fitted, rows, seededRandom(2)));
    const said = formatRows(fitted, back).trim().split("\n");
    expect(said[0]).toBe("age,wage,job,night");
    expect(said.slice(1).filter((line, i) => line === lines[i]).length).toBeGreaterThan(30);
    back.forEach((row, i) => {
      expect(Number.isNaN(row[1])).toBe(i % 3 === 0);
    });
  });
  it("without a header has the columns' names, or numbers", () => {
    expect(tableOf(parseCsv("1,2\n3,4"), false).names).toEqual(["1", "2"]);
    expect(tableOf(parseCsv("1,2\n3,4"), false, ["a", "b"])).toMatchObject({ names: ["a", "b"], records: { length: 2 } });
  });
  it("refuses what is not there or no number, naming line and column", () => {
    expect(() => readRows(tableOf(parseCsv("age,wage,job,night\nNaN,1,cook,0"), true), columns)).toThrow(
      /line 2 .* "age" is no finite number/,
    );
    expect(() => readRows(tableOf(parseCsv("age,wage,job,night\n,1,cook,0"), true), columns)).toThrow(/"age" is missing/);
    expect(() => readRows(tableOf(parseCsv("age,wage,job,night\n1,1,king,0"), true), columns)).toThrow(/"job" is none/);
    expect(() => describeColumns(table, [{ type: "number", name: "shoe", modes: 3 }])).toThrow(/no column "shoe"/);
    expect(() => tableOf(parseCsv("a,a\n1,2"), true)).toThrow(/two columns named "a"/);
    expect(() => tableOf(parseCsv("a,b\n"), true)).toThrow(/no rows/);
    const ids = tableOf(parseCsv(`id\n${Array.from({ length: 1100 }, (_, i) => `x${i}`).join("\n")}`), true);
    expect(() => describeColumns(ids, [])).toThrow(/1100 different texts/);
  });
});
