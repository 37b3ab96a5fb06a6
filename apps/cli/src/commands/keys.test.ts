import { expect, it } from "vitest";
import { UsageError } from "../usage-error.ts";
import { expiry } from "./keys.ts";
import { policyOf } from "./policy.ts";

const now = Date.parse("2026-03-01T12:00:00Z");

it("reads an expiry as a span or a date, in UTC", () => {
  expect(expiry("30d", now)).toBe("2026-03-31T12:00:00.000Z");
  expect(expiry("12h", now)).toBe("2026-03-02T00:00:00.000Z");
  expect(expiry("2027-01-01", now)).toBe("2027-01-01T00:00:00.000Z");
});

it("refuses an expiry that is past or none: such a key would never open anything, or never close", () => {
  for (const text of ["2020-01-01", "0d", "soon", "-3d", "", "99999999d"]) expect(() => expiry(text, now)).toThrow(UsageError);
});

it("reads a policy, under another name where asked, and names the field at fault", () => {
  const text = '{"name":"strict","rules":[{"hazard":"pii","in":"block"}]}';
  expect(policyOf(text, "p.json", undefined)).toMatchObject({ name: "strict", unchecked: "block" });
  expect(policyOf(text, "p.json", "school").name).toBe("school");
  expect(() => policyOf('{"name":"x","unchecked":"maybe"}', "p.json", undefined)).toThrow(/p\.json: unchecked/);
  expect(() => policyOf('{"name":"x","uncheked":"allow"}', "p.json", undefined)).toThrow(/uncheked/);
  expect(() => policyOf("[]", "p.json", undefined)).toThrow(UsageError);
  expect(() => policyOf("{", "p.json", undefined)).toThrow(UsageError);
});
