/** Where a JUMBF URI leads (C2PA 2.2, 8.2): `self#jumbf=/c2pa/MANIFEST/…`, or without a manifest inside the one that says it. */
export interface JumbfUri {
  readonly manifest: string | undefined;
  /** Labels of the boxes from the manifest down. */
  readonly path: readonly string[];
}

/** Undefined for another kind of URI. Writers of the first versions left out the first slash. */
export function jumbfUri(url: string): JumbfUri | undefined {
  const inside = /^self#jumbf=(\/?)(.*)$/s.exec(url);
  if (inside === null) return undefined;
  const [root, manifest, ...path] = (inside[2] as string).split("/");
  if (root === "c2pa" && manifest !== undefined && manifest !== "") return { manifest, path };
  // what begins with a slash is absolute
  return inside[1] === "" ? { manifest: undefined, path: (inside[2] as string).split("/") } : undefined;
}

export const manifestUri = (label: string): string => `self#jumbf=/c2pa/${label}`;
/** Label of the manifest that an absolute URI names. */
export const manifestOf = (url: string): string | undefined => jumbfUri(url)?.manifest;
/** The last label of a path. */
export const labelOf = (url: string): string => url.slice(url.lastIndexOf("/") + 1).replace(/^self#jumbf=/, "");
