import * as t from "@inkseal/lab";
import { type Backend, Ids, type Parameters, parameter, Tensor } from "@inkseal/lab";

/** The sum of the words' vectors over the root of their number, [B, width]; zeros for no words. */
export function bag(p: Parameters, table: string, rows: readonly (readonly number[])[], backend: Backend): Tensor {
  const most = Math.max(1, ...rows.map((row) => row.length));
  const ids = new Int32Array(rows.length * most).fill(-1);
  const share = new Float32Array(rows.length * most);
  rows.forEach((row, b) => {
    ids.set(row, b * most);
    share.fill(1 / Math.sqrt(Math.max(1, row.length)), b * most, b * most + row.length);
  });
  const vectors = t.gather(parameter(p, table), Ids.from(backend, ids, [rows.length, most]));
  const sum = t.matmul(Tensor.from(backend, share, [rows.length, 1, most]), vectors);
  return t.reshape(sum, [rows.length, vectors.shape[2]!]);
}
