import { badFile, fromUtf8, parseZip, utf8, withZipMembers, xmlTags, type Zip, zipData } from "@inkseal/codec";

/** The parts of an Office document (ISO 29500-2): members of a zip that relate to each other by ids. */
const limit = 4 * 1024 * 1024;
export const typesPart = "[Content_Types].xml";
const relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const packages = "http://schemas.openxmlformats.org/package/2006/relationships";

/** A part's text; undefined without such a part. Throws `bad-file` past `most` bytes. */
export function part(file: Uint8Array, zip: Zip, name: string, most: number = limit): string | undefined {
  const data = zipData(file, zip, name, most);
  return data === undefined ? undefined : fromUtf8(data)?.replace(/^\uFEFF/, "");
}

/** `added` as the last children of the root. */
export function inside(xml: string, added: string): string {
  const close = xmlTags(xml).findLast((t) => t.kind === "close");
  if (close !== undefined) return xml.slice(0, close.start) + added + xml.slice(close.start);
  throw badFile("a part without content");
}

export interface Relation {
  readonly id: string;
  /** The last step of its type: `slide`, `worksheet`, `drawing`. */
  readonly type: string;
  /** Name of the part that it leads to. */
  readonly target: string;
}

const relsOf = (name: string): string => name.replace(/([^/]*)$/, "_rels/$1.rels");

/** Name of the part that `target` leads to from the part `name`. */
function partAt(name: string, target: string): string {
  if (target.startsWith("/")) return target.slice(1);
  const steps = name.split("/").slice(0, -1);
  for (const step of target.split("/"))
    if (step === "..") steps.pop();
    else if (step !== ".") steps.push(step);
  return steps.join("/");
}

/** Changes to an archive's parts, read as they will be. */
export interface OoxmlEdit {
  get(name: string, most?: number): string | undefined;
  set(name: string, xml: string): void;
  /** Where a part leads, by its relationships; the package's own for an empty name. */
  relations(name: string): readonly Relation[];
  relate(name: string, id: string, type: string, target: string): void;
  declare(name: string, contentType: string): void;
  file(): Uint8Array;
}

/** Bytes that parts may unpack to, together. */
const maxUnpacked = 256 * 1024 * 1024;

/** Throws `bad-file` for a zip that is no document, and once more than `budget` bytes of it were unpacked. */
export function editOf(bytes: Uint8Array, zip: Zip = parseZip(bytes), budget: number = maxUnpacked): OoxmlEdit {
  const changed = new Map<string, string>();
  let left = budget;
  const get: OoxmlEdit["get"] = (name, most = limit) => {
    const known = changed.get(name);
    if (known !== undefined) return known;
    if (left <= 0) throw badFile("a document that unpacks to too much");
    const found = part(bytes, zip, name, most);
    left -= found?.length ?? 0;
    return found;
  };
  if (get(typesPart) === undefined || get(relsOf("")) === undefined) throw badFile("a zip that is no document");
  return {
    get,
    set: (name, xml) => void changed.set(name, xml),
    relations: (name) =>
      xmlTags(get(relsOf(name)) ?? "").flatMap((tag) => {
        const of = (local: string): string => tag.attributes.find((a) => a.local === local)?.value ?? "";
        if (tag.local !== "Relationship" || of("TargetMode") === "External") return [];
        return [{ id: of("Id"), type: of("Type").split("/").at(-1) as string, target: partAt(name, of("Target")) }];
      }),
    relate(name, id, type, target) {
      const old = get(relsOf(name)) ?? `<Relationships xmlns="${packages}"></Relationships>`;
      // a root without content is opened for its first child
      const open = old.replace(/<((?:\w+:)?Relationships)\b([^<>]*)\/>/, "<$1$2></$1>");
      const full = name === "" ? target : `/${target}`;
      changed.set(
        relsOf(name),
        inside(open, `<Relationship xmlns="${packages}" Id="${id}" Type="${relations}/${type}" Target="${full}"/>`),
      );
    },
    declare(name, contentType) {
      const types = get(typesPart) as string;
      changed.set(typesPart, inside(types, `<Override PartName="/${name}" ContentType="${contentType}"/>`));
    },
    file: () =>
      changed.size === 0 ? bytes : withZipMembers(bytes, zip, [...changed].map(([name, xml]) => [name, utf8(xml)])).file, // biome-ignore format: one idea
  };
}
