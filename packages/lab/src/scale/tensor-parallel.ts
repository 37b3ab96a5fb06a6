import type { Project } from "../models/gpt.ts";
import { type Parameters, parameter } from "../models/parameters.ts";
import * as t from "../tensor/index.ts";
import { Tensor } from "../tensor/index.ts";
import type { BlockingReduce } from "./reduce.ts";

/**
 * The projections of a GPT whose heads and feed-forward units are cut over the ranks of `columns` (Megatron-LM, Shoeybi et al. 2019): q, k, v,
 * gate and up by rows of their weights, so that each rank has some of the results; o and down by columns, so that the results are addends.
 * One sum over the ranks for each half of a layer forwards, and one backwards. After it all ranks hold the same bits, so that what is not
 * cut (norms, embedding, residual stream, dropout) stays equal on all of them.
 */
export function cutProject(p: Parameters, columns: BlockingReduce): Project {
  let entered: { readonly x: Tensor; readonly copy: Tensor } | undefined;
  return (x, name) => {
    const weight = parameter(p, name);
    if (/(o_proj|down_proj)\.weight$/.test(name)) return sumForward(t.linear(x, weight), columns);
    // q, k and v read one x, gate and up another: its gradient is summed once
    if (entered?.x !== x) entered = { x, copy: sumBackward(x, columns) };
    return t.linear(entered.copy, weight);
  };
}

/** Σ x over the ranks; each has the whole gradient already. Megatron's g. */
function sumForward(x: Tensor, ranks: BlockingReduce): Tensor {
  return Tensor.make(x.backend, summed(x, ranks), x.shape, { name: "sumForward", inputs: [x], back: (g) => [t.same(g)] });
}
/** x, whose gradient is the sum over the ranks. Megatron's f. */
function sumBackward(x: Tensor, ranks: BlockingReduce): Tensor {
  return Tensor.view(x, x.shape, {
    name: "sumBackward",
    inputs: [x],
    back: (g) => [Tensor.make(g.backend, summed(g, ranks), g.shape)],
  });
}
function summed({ backend, block }: Tensor, ranks: BlockingReduce): ReturnType<typeof backend.from> {
  const values = backend.readSync(block);
  ranks.sumSync(values);
  return backend.from(values);
}
