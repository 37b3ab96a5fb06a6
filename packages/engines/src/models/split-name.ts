const part = /-(\d{5})-of-(\d{5})$/;

/** A model's id: its path without `.gguf`, and without the number of its part. */
export const idOf = (path: string): string => path.replace(/\.gguf$/i, "").replace(part, "");

/** Which part a file is, `-00002-of-00003`: [2, 3]; undefined when the model is one file. */
export function partOf(path: string): readonly [number: number, of: number] | undefined {
  const [, number, of] = part.exec(path.replace(/\.gguf$/i, "")) ?? [];
  return number === undefined ? undefined : [Number(number), Number(of)];
}

export const isGguf = (path: string): boolean => /\.gguf$/i.test(path);
