import type { ModelEntry } from "@inkseal/client";
import type { Locale } from "@inkseal/core";

/** One control of a model's own, as a form shows it. */
export interface OwnField {
  readonly name: string;
  readonly kind: "choice" | "switch" | "number" | "words" | "list";
  readonly options: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly description?: string;
}

interface Property {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Property[];
  readonly items?: Property;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
}

/** The controls of a model's own that a form can show; nested ones are for the API. */
export function ownFields(controls: ModelEntry["controls"]): readonly OwnField[] {
  const properties = (controls?.properties ?? {}) as Readonly<Record<string, Property>>;
  return Object.entries(properties).flatMap(([name, property]) => {
    const shape = shapeOf(property);
    if (shape === undefined) return [];
    const { minimum: min, maximum: max, description } = property;
    return [{ name, ...shape, ...(min !== undefined && { min }), ...(max !== undefined && { max }), description }];
  });
}

function shapeOf({ type, enum: choices, const: only, anyOf, items }: Property): Pick<OwnField, "kind" | "options"> | undefined {
  if (choices !== undefined) return { kind: "choice", options: choices.map(String) };
  if (only !== undefined) return { kind: "choice", options: [String(only)] };
  if (anyOf !== undefined) {
    const shapes = anyOf.map(shapeOf);
    return shapes.find((shape) => shape?.kind === "words") ?? shapes.find((shape) => shape !== undefined);
  }
  if (type === "boolean") return { kind: "switch", options: [] };
  if (type === "number" || type === "integer") return { kind: "number", options: [] };
  if (type === "string") return { kind: "words", options: [] };
  if (type === "array" && items?.type === "string") return { kind: "list", options: [] };
  return undefined;
}

/** A description in two languages, `English · 中文`, in the reader's; one in a single language as it is. */
export function inLocale(description: string, locale: Locale): string {
  const [, en, zh] = /^(.*\S)\s+[·/／|]\s+([^·]*\p{Script=Han}[^·]*)$/su.exec(description) ?? [];
  return (locale === "zh-CN" ? zh : en) ?? description;
}
