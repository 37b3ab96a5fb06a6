import { add } from "./arithmetic.ts";
import { Tensor, withRecording } from "./tensor.ts";

export interface GradientOptions {
  /** The gradients can be differentiated again (a gradient penalty); nothing is freed on the way. */
  readonly again?: boolean;
  /** By default 1 for a scalar. */
  readonly seed?: Tensor;
}

/**
 * The gradients of `of` (a scalar, unless a seed is given) by each of `by`, zeros where there is no path. Reverse mode: steps are taken back
 * from the latest to the first. Unless `again`, every intermediate value is freed as soon as its own step was taken back, so memory is
 * that of the forward pass; what you still want to read must be kept.
 */
export function gradient(of: Tensor, by: readonly Tensor[], { again = false, seed }: GradientOptions = {}): Tensor[] {
  if (seed === undefined && of.size !== 1) throw new RangeError(`the gradient of a tensor [${of.shape}] needs a seed`);
  return withRecording(again, () => {
    const wanted = new Set(by);
    const gradients = new Map<Tensor, Tensor>([
      [of, seed === undefined ? Tensor.full(of.backend, of.shape, 1) : Tensor.view(seed, seed.shape)],
    ]);
    for (const tensor of inOrder(of)) {
      const { step } = tensor;
      if (step === undefined) continue;
      const g = gradients.get(tensor);
      if (g !== undefined) {
        const parts = step.back(g, again);
        step.inputs.forEach((input, i) => {
          const part = parts[i];
          if (part === undefined) return;
          if (!input.tracked) {
            if (!again) part.free();
            return;
          }
          const sum = gradients.get(input);
          gradients.set(input, sum === undefined ? part : sumOf(sum, part, again));
        });
      }
      if (again) continue;
      if (!wanted.has(tensor)) {
        g?.free();
        gradients.delete(tensor);
      }
      if (tensor.kept || tensor === of || wanted.has(tensor)) {
        step.free?.();
        tensor.step = undefined;
      } else tensor.free();
    }
    return by.map((t) => gradients.get(t) ?? Tensor.full(t.backend, t.shape, 0));
  });
}

/** Every part is a handle of its own, so what nobody else looks at is added to in place. */
function sumOf(sum: Tensor, part: Tensor, again: boolean): Tensor {
  if (!again && sum.exclusive) sum.backend.accumulate(sum.block, part.block);
  const total = !again && sum.exclusive ? sum : add(sum, part);
  if (!again) {
    part.free();
    if (total !== sum) sum.free();
  }
  return total;
}

/** Everything tracked that `of` was made from, the latest first. */
function inOrder(of: Tensor): Tensor[] {
  const seen = new Set<Tensor>([of]);
  const todo = [of];
  for (let t = todo.pop(); t !== undefined; t = todo.pop())
    for (const input of t.step?.inputs ?? [])
      if (input.tracked && !seen.has(input)) {
        seen.add(input);
        todo.push(input);
      }
  return [...seen].sort((a, b) => b.id - a.id);
}
