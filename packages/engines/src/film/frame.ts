/**
 * A picture as video has it: 8 bits, BT.709, luma from 16 to 235, colour at half the size both ways, the planes one after another.
 * Frames are made here and not by ffmpeg's filters: its zoompan steps by whole pixels, which is seen as a tremble, and this takes
 * 5 ms for 720p.
 */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly planes: readonly [Uint8Array, Uint8Array, Uint8Array];
  /** All planes. */
  readonly bytes: Uint8Array;
}

export function emptyFrame(width: number, height: number): Frame {
  const luma = width * height;
  const bytes = new Uint8Array(luma + luma / 2).fill(128, luma).fill(16, 0, luma);
  const planes = [bytes.subarray(0, luma), bytes.subarray(luma, luma * 1.25), bytes.subarray(luma * 1.25)] as const;
  return { width, height, planes, bytes };
}

/** Pixels (RGBA, opaque) as a frame. Width and height are even. */
export function frameOf(rgba: Uint8Array, width: number, height: number): Frame {
  const frame = emptyFrame(width, height);
  const [luma, blue, red] = frame.planes;
  for (let i = 0, p = 0; i < luma.length; i++, p += 4) luma[i] = lumaOf(rgba[p]!, rgba[p + 1]!, rgba[p + 2]!);
  const half = width / 2;
  for (let y = 0; y < height / 2; y++)
    for (let x = 0; x < half; x++) {
      const p = (y * 2 * width + x * 2) * 4;
      const q = p + width * 4;
      const mean = (c: number): number => (rgba[p + c]! + rgba[p + 4 + c]! + rgba[q + c]! + rgba[q + 4 + c]!) / 4;
      const [r, g, b] = [mean(0), mean(1), mean(2)];
      blue[y * half + x] = blueOf(r, g, b);
      red[y * half + x] = redOf(r, g, b);
    }
  return frame;
}

export const lumaOf = (r: number, g: number, b: number): number => 16.5 + 0.18259 * r + 0.61423 * g + 0.06201 * b;
export const blueOf = (r: number, g: number, b: number): number => 128.5 - 0.10064 * r - 0.33857 * g + 0.43922 * b;
export const redOf = (r: number, g: number, b: number): number => 128.5 + 0.43922 * r - 0.39894 * g - 0.04027 * b;

/** The part of a picture that is seen: its top left corner and its size, in the picture's pixels. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Draws what `view` shows of the picture into all of `out`: bilinear, to a 256th of a pixel. */
export function look(picture: Frame, view: View, out: Frame): void {
  for (const [i, plane] of picture.planes.entries()) {
    const half = i === 0 ? 1 : 2;
    const [w, h] = [out.width / half, out.height / half];
    // centres of pixels fall on centres, in the colours too
    const stepX = view.width / out.width;
    const stepY = view.height / out.height;
    const fromX = view.x / half + stepX / 2 - 0.5;
    const fromY = view.y / half + stepY / 2 - 0.5;
    sample(plane, picture.width / half, picture.height / half, out.planes[i]!, w, h, fromX, fromY, stepX, stepY);
  }
}

function sample(
  from: Uint8Array,
  fromWidth: number,
  fromHeight: number,
  to: Uint8Array,
  width: number,
  height: number,
  x0: number,
  y0: number,
  stepX: number,
  stepY: number,
): void {
  const left = new Int32Array(width);
  const right = new Int32Array(width);
  for (let i = 0; i < width; i++) {
    const x = Math.min(fromWidth - 1.001, Math.max(0, x0 + i * stepX));
    left[i] = Math.floor(x);
    right[i] = Math.floor((x - left[i]!) * 256);
  }
  const row = new Uint16Array(fromWidth + 1);
  const [first, last] = [left[0]!, left[width - 1]! + 2];
  for (let j = 0; j < height; j++) {
    const y = Math.min(fromHeight - 1.001, Math.max(0, y0 + j * stepY));
    const above = Math.floor(y);
    const share = Math.floor((y - above) * 256);
    const [a, b] = [above * fromWidth, (above + 1) * fromWidth];
    for (let x = first; x < last; x++) row[x] = from[a + x]! * (256 - share) + from[b + x]! * share;
    const at = j * width;
    for (let i = 0; i < width; i++) {
      const k = left[i]!;
      to[at + i] = (row[k]! * (256 - right[i]!) + row[k + 1]! * right[i]! + 32_768) >>> 16;
    }
  }
}

/** `over` drawn onto `frame`, `share` of it (0 to 1). */
export function blend(frame: Frame, over: Frame, share: number): void {
  const k = Math.round(share * 256);
  const [to, from] = [frame.bytes, over.bytes];
  for (let i = 0; i < to.length; i++) to[i] = (to[i]! * (256 - k) + from[i]! * k + 128) >> 8;
}

/** A layer with transparency, of even place and size, ready to be laid over frames. */
export interface Layer {
  readonly x: number;
  readonly y: number;
  readonly frame: Frame;
  /** Alpha for the luma and for the colours, 0 to 255. */
  readonly alpha: readonly [Uint8Array, Uint8Array];
}

/** The part of RGBA pixels (not premultiplied) that is not clear; undefined when all is. */
export function layerOf(rgba: Uint8Array, width: number, height: number): Layer | undefined {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0, p = 3; y < height; y++)
    for (let x = 0; x < width; x++, p += 4)
      if (rgba[p] !== 0) {
        if (x < left) left = x;
        if (x > right) right = x;
        if (y < top) top = y;
        bottom = y;
      }
  if (right < 0) return undefined;
  [left, top] = [left & ~1, top & ~1];
  const [w, h] = [Math.min(width - left, (right - left + 2) & ~1), Math.min(height - top, (bottom - top + 2) & ~1)];
  const cut = new Uint8Array(w * h * 4);
  for (let y = 0; y < h; y++)
    cut.set(rgba.subarray(((top + y) * width + left) * 4, ((top + y) * width + left + w) * 4), y * w * 4);
  const fine = new Uint8Array(w * h);
  for (let i = 0; i < fine.length; i++) fine[i] = cut[i * 4 + 3]!;
  const coarse = new Uint8Array((w * h) / 4);
  for (let y = 0; y < h / 2; y++)
    for (let x = 0; x < w / 2; x++) {
      const at = y * 2 * w + x * 2;
      coarse[(y * w) / 2 + x] = (fine[at]! + fine[at + 1]! + fine[at + w]! + fine[at + w + 1]! + 2) >> 2;
    }
  return { x: left, y: top, frame: frameOf(cut, w, h), alpha: [fine, coarse] };
}

/** Lays a layer over a frame, `share` of it (0 to 1). */
export function lay(frame: Frame, layer: Layer, share: number): void {
  for (const i of [0, 1, 2] as const) {
    const half = i === 0 ? 1 : 2;
    const alpha = layer.alpha[i === 0 ? 0 : 1];
    const [w, h] = [layer.frame.width / half, layer.frame.height / half];
    const [to, from, stride] = [frame.planes[i], layer.frame.planes[i], frame.width / half];
    for (let y = 0; y < h; y++) {
      let at = (layer.y / half + y) * stride + layer.x / half;
      for (let x = 0, p = y * w; x < w; x++, p++, at++) {
        const k = alpha[p]! * share;
        if (k > 0) to[at] = to[at]! + ((from[p]! - to[at]!) * k) / 255 + 0.5;
      }
    }
  }
}
