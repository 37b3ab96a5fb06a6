import type { Tensor } from "../tensor/index.ts";
import * as t from "../tensor/index.ts";

export interface Patched {
  readonly picture: { readonly height: number; readonly width: number; readonly channels: number };
  /** Pixels on a side of one token. */
  readonly patch: number;
}

/** How many patches a picture has and how many numbers each holds. Throws RangeError when the sides are no multiples of `patch`. */
export function patchSizes({ picture, patch }: Patched): { readonly count: number; readonly values: number } {
  if (picture.height % patch !== 0 || picture.width % patch !== 0)
    throw new RangeError(`a picture of ${picture.height} × ${picture.width} pixels has no whole patches of ${patch}`);
  return { count: (picture.height / patch) * (picture.width / patch), values: patch * patch * picture.channels };
}
/** Pictures [B, H, W, C] → patches [B, count, values]. */
export function toPatches(c: Patched, pictures: Tensor): Tensor {
  const { count, values } = patchSizes(c);
  return t.reshape(t.unfold(pictures, c.patch, c.patch, c.patch), [-1, count, values]);
}
/** Patches [B, count, values] → pictures [B, H, W, C]. */
export function fromPatches(c: Patched, patches: Tensor): Tensor {
  const { height, width } = c.picture;
  const grid = t.reshape(patches, [-1, height / c.patch, width / c.patch, patchSizes(c).values]);
  return t.fold(grid, height, width, c.patch, c.patch, c.patch);
}
