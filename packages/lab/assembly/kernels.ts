// The table of kernels; src/kernels/kernel.ts gives them their names. Order is the contract.
import { attention, attentionBack, rope } from "./attention";
import { adamw, binary, fill, swiglu, swigluBack, unary, uniform } from "./elementwise";
import { gemm, gemv } from "./gemm";
import { copy, fold, gather, scatterAdd, unfold } from "./move";
import { gemm4, gemm8, quantiseRows } from "./quantised";
import { norm, normBack, normWeight, reduce, squares } from "./reduce";
import { crossEntropy, crossEntropyBack, softmax, softmaxBack } from "./softmax";

export { args, dispatch, program, setScratch, work } from "./job";

export function run(kernel: i32, item: i32): void {
  switch (kernel) {
    case 0: gemm(item); break;
    case 1: gemv(item); break;
    case 2: unary(item); break;
    case 3: binary(item); break;
    case 4: reduce(item); break;
    case 5: squares(item); break;
    case 6: norm(item); break;
    case 7: normBack(item); break;
    case 8: normWeight(item); break;
    case 9: softmax(item); break;
    case 10: softmaxBack(item); break;
    case 11: crossEntropy(item); break;
    case 12: crossEntropyBack(item); break;
    case 13: attention(item); break;
    case 14: attentionBack(item); break;
    case 15: rope(item); break;
    case 16: copy(item); break;
    case 17: gather(item); break;
    case 18: scatterAdd(item); break;
    case 19: unfold(item); break;
    case 20: fold(item); break;
    case 21: swiglu(item); break;
    case 22: swigluBack(item); break;
    case 23: uniform(item); break;
    case 24: fill(item); break;
    case 25: adamw(item); break;
    case 26: quantiseRows(item); break;
    case 27: gemm8(item); break;
    case 28: gemm4(item); break;
  }
}
