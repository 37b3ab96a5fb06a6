import { InksealError } from "@inkseal/core";
import { ProtobufMessage } from "./protobuf.ts";

/** TensorProto.DataType of the kinds of number that graphs here use. */
const elementTypes = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 } as const;
export type OnnxType = keyof typeof elementTypes;

/** A tensor inside a graph. The kind of number is part of the type, so that the compiler sees what would fail at load. */
export interface OnnxValue<T extends OnnxType = OnnxType> {
  readonly name: string;
  readonly type: T;
}
type Floats = OnnxValue<"float">;
type Ints = OnnxValue<"int64">;
type Bools = OnnxValue<"bool">;

/** Integers, lists of integers, or floats (wrapped, because a JavaScript number does not tell). */
export type OnnxAttributes = Readonly<Record<string, number | readonly number[] | { readonly float: number }>>;
/** A size, or the name of one that is known only when the model runs. */
export type OnnxSize = number | string;

const opset = 17;
/** Protocol Buffers end here. */
const largest = 2 ** 31 - 1;

/**
 * An ONNX model in the making: inputs and weights first, then operators as methods (shapes, axes and rules are those of the ONNX
 * operator of the same name, opset 17), then outputs, then {@link finish}. Any other operator goes through {@link OnnxGraph.node}.
 * @example
 * const g = new OnnxGraph("scale");
 * const x = g.input("x", "float", ["batch", 4]);
 * g.output("y", g.mul(x, g.floats([2])), ["batch", 4]);
 * const bytes = g.finish();
 * @see https://onnx.ai/onnx/operators/
 */
export class OnnxGraph {
  readonly #graph = new ProtobufMessage();
  readonly #declared: ((graph: ProtobufMessage) => void)[] = [];
  readonly #constants = new Map<string, OnnxValue>();
  #size = 0;
  #names = 0;

  /** `name`: of the graph, for people. */
  constructor(name: string) {
    this.#graph.bytes(2, name);
  }

  input<T extends OnnxType>(name: string, type: T, shape: readonly OnnxSize[]): OnnxValue<T> {
    this.#declare(11, name, type, shape);
    return { name, type };
  }

  /** Gives a value its public name. */
  output(name: string, value: OnnxValue, shape: readonly OnnxSize[]): void {
    this.#graph.message(1, new ProtobufMessage().bytes(1, value.name).bytes(2, name).bytes(4, "Identity"));
    this.#declare(12, name, value.type, shape);
  }

  /** A parameter; `data` is row-major. */
  weight(name: string, shape: readonly number[], data: Float32Array): Floats {
    return this.#initialiser(name, "float", shape, bytesOf(data));
  }

  integers(name: string, shape: readonly number[], data: Int8Array): OnnxValue<"int8"> {
    return this.#initialiser(name, "int8", shape, bytesOf(data));
  }

  /** A list of constants; one number without `list` is a scalar. */
  floats(values: number | readonly number[]): Floats {
    const list = typeof values === "number" ? [values] : values;
    return this.#constant("float", values, bytesOf(Float32Array.from(list)));
  }
  ints(values: number | readonly number[]): Ints {
    const list = typeof values === "number" ? [values] : values;
    return this.#constant("int64", values, bytesOf(BigInt64Array.from(list, BigInt)));
  }

  /** Any operator with one output. */
  node<T extends OnnxType>(op: string, type: T, inputs: readonly OnnxValue[], attributes: OnnxAttributes = {}): OnnxValue<T> {
    return this.nodes(op, [type], inputs, attributes)[0] as OnnxValue<T>;
  }

  /** Any operator with several outputs, in their order. */
  nodes(op: string, types: readonly OnnxType[], inputs: readonly OnnxValue[], attributes: OnnxAttributes = {}): OnnxValue[] {
    const outputs = types.map((type) => ({ name: `${op.toLowerCase()}_${this.#names++}`, type }));
    const node = new ProtobufMessage();
    for (const { name } of inputs) node.bytes(1, name);
    for (const { name } of outputs) node.bytes(2, name);
    node.bytes(4, op);
    for (const [name, value] of Object.entries(attributes)) node.message(5, attribute(name, value));
    this.#graph.message(1, node);
    return outputs;
  }

  // Arithmetic; shapes broadcast as NumPy's.
  add<T extends "float" | "int64">(a: OnnxValue<T>, b: OnnxValue<T>): OnnxValue<T> {
    return this.node("Add", a.type, [a, b]);
  }
  sub<T extends "float" | "int64">(a: OnnxValue<T>, b: OnnxValue<T>): OnnxValue<T> {
    return this.node("Sub", a.type, [a, b]);
  }
  mul<T extends "float" | "int64">(a: OnnxValue<T>, b: OnnxValue<T>): OnnxValue<T> {
    return this.node("Mul", a.type, [a, b]);
  }
  matMul(a: Floats, b: Floats): Floats {
    return this.node("MatMul", "float", [a, b]);
  }
  /**
   * The product of `a`, rounded to 8 bits as it comes, and of an 8-bit `b` [in, out] with a scale for each column: what onnxruntime's
   * `quantize_dynamic` writes, and fuses when it loads.
   */
  matMulInteger(a: Floats, b: OnnxValue<"int8">, scales: Floats): Floats {
    const [rounded, scale, zero] = this.nodes("DynamicQuantizeLinear", ["uint8", "float", "uint8"], [a]);
    const product = this.node("MatMulInteger", "int32", [rounded!, b, zero!]);
    return this.mul(this.node("Cast", "float", [product], { to: elementTypes.float }), this.mul(scale as Floats, scales));
  }
  /** One of the operators that work on each number by itself. */
  map(op: "Erf" | "Exp" | "Neg" | "Reciprocal" | "Relu" | "Sigmoid" | "Sqrt" | "Tanh", x: Floats): Floats {
    return this.node(op, "float", [x]);
  }
  softmax(x: Floats, axis = -1): Floats {
    return this.node("Softmax", "float", [x], { axis });
  }
  /** Keeps the dimension, with size 1. */
  reduceMean(x: Floats, axis = -1): Floats {
    return this.node("ReduceMean", "float", [x], { axes: [axis], keepdims: 1 });
  }
  /** Drops the dimension. */
  reduceSum(x: Floats, axis: number): Floats {
    return this.node("ReduceSum", "float", [x, this.ints([axis])], { keepdims: 0 });
  }
  /** Sums up to and with each place. */
  cumSum(x: Ints, axis: number): Ints {
    return this.node("CumSum", "int64", [x, this.ints(axis)]);
  }

  // Questions and choices.
  greater<T extends "float" | "int64">(a: OnnxValue<T>, b: OnnxValue<T>): Bools {
    return this.node("Greater", "bool", [a, b]);
  }
  or(a: Bools, b: Bools): Bools {
    return this.node("Or", "bool", [a, b]);
  }
  where<T extends OnnxType>(condition: Bools, yes: OnnxValue<T>, no: OnnxValue<T>): OnnxValue<T> {
    return this.node("Where", yes.type, [condition, yes, no]);
  }
  /** The `k` largest along the last dimension, largest first, and where they stood; of equals the first. */
  topK(x: Floats, k: number): { readonly values: Floats; readonly places: Ints } {
    const [values, places] = this.nodes("TopK", ["float", "int64"], [x, this.ints([k])], { axis: -1 });
    return { values: values as Floats, places: places as Ints };
  }

  // Shapes and places.
  /** The size of dimension `axis`, a list of one. */
  sizeOf(x: OnnxValue, axis: number): Ints {
    return this.node("Shape", "int64", [x], { start: axis, end: axis + 1 });
  }
  shape(x: OnnxValue): Ints {
    return this.node("Shape", "int64", [x]);
  }
  /** 0 … n − 1; `n` is a list of one. */
  range(n: Ints): Ints {
    const scalar = this.node("Squeeze", "int64", [n, this.ints([0])]);
    return this.node("Range", "int64", [this.ints(0), scalar, this.ints(1)]);
  }
  /** `shape`: 0 keeps a size, −1 takes what is left. */
  reshape<T extends OnnxType>(x: OnnxValue<T>, shape: readonly number[]): OnnxValue<T> {
    return this.node("Reshape", x.type, [x, this.ints(shape)]);
  }
  transpose<T extends OnnxType>(x: OnnxValue<T>, perm: readonly number[]): OnnxValue<T> {
    return this.node("Transpose", x.type, [x], { perm });
  }
  unsqueeze<T extends OnnxType>(x: OnnxValue<T>, axes: readonly number[]): OnnxValue<T> {
    return this.node("Unsqueeze", x.type, [x, this.ints(axes)]);
  }
  expand<T extends OnnxType>(x: OnnxValue<T>, shape: Ints): OnnxValue<T> {
    return this.node("Expand", x.type, [x, shape]);
  }
  concat<T extends OnnxType>(parts: readonly [OnnxValue<T>, ...OnnxValue<T>[]], axis: number): OnnxValue<T> {
    return this.node("Concat", parts[0].type, parts, { axis });
  }
  /** Equal halves of a dimension. */
  halves<T extends OnnxType>(x: OnnxValue<T>, axis: number): [OnnxValue<T>, OnnxValue<T>] {
    return this.nodes("Split", [x.type, x.type], [x], { axis }) as [OnnxValue<T>, OnnxValue<T>];
  }
  /** From `start` to before `end` (lists of one) along a dimension; negative ones count from the end. */
  slice<T extends OnnxType>(x: OnnxValue<T>, axis: number, start: Ints, end: Ints): OnnxValue<T> {
    return this.node("Slice", x.type, [x, start, end, this.ints([axis])]);
  }
  gather<T extends OnnxType>(table: OnnxValue<T>, indices: Ints, axis = 0): OnnxValue<T> {
    return this.node("Gather", table.type, [table, indices], { axis });
  }
  /** `x` with `updates` put at `indices` of the last dimension. */
  scatter<T extends OnnxType>(x: OnnxValue<T>, indices: Ints, updates: OnnxValue<T>): OnnxValue<T> {
    return this.node("ScatterElements", x.type, [x, indices, updates], { axis: -1 });
  }

  /** The model's bytes (IR version 8, opset 17). Throws `too-large` above 2 GiB, where the format ends. */
  finish(): Uint8Array {
    if (this.#size > largest)
      throw new InksealError("too-large", `an ONNX file ends at ${largest} bytes; the weights take ${this.#size}`);
    for (const declare of this.#declared.splice(0)) declare(this.#graph);
    const standard = new ProtobufMessage().bytes(1, "").int(2, opset);
    return new ProtobufMessage().int(1, 8).bytes(2, "inkseal").message(7, this.#graph).message(8, standard).finish();
  }

  #declare(field: number, name: string, type: OnnxType, shape: readonly OnnxSize[]): void {
    const sizes = new ProtobufMessage();
    for (const size of shape)
      sizes.message(1, typeof size === "number" ? new ProtobufMessage().int(1, size) : new ProtobufMessage().bytes(2, size));
    const tensor = new ProtobufMessage().int(1, elementTypes[type]).message(2, sizes);
    const value = new ProtobufMessage().bytes(1, name).message(2, new ProtobufMessage().message(1, tensor));
    this.#declared.push((graph) => graph.message(field, value));
  }

  #constant<T extends OnnxType>(type: T, values: number | readonly number[], data: Uint8Array): OnnxValue<T> {
    const key = `${type} ${JSON.stringify(values)}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known as OnnxValue<T>;
    const shape = typeof values === "number" ? [] : [values.length];
    const made = this.#initialiser(`constant_${this.#names++}`, type, shape, data);
    this.#constants.set(key, made);
    return made;
  }

  #initialiser<T extends OnnxType>(name: string, type: T, shape: readonly number[], data: Uint8Array): OnnxValue<T> {
    const tensor = new ProtobufMessage();
    for (const size of shape) tensor.int(1, size);
    this.#graph.message(5, tensor.int(2, elementTypes[type]).bytes(8, name).bytes(9, data));
    this.#size += data.length;
    return { name, type };
  }
}

function attribute(name: string, value: OnnxAttributes[string]): ProtobufMessage {
  const out = new ProtobufMessage().bytes(1, name);
  if (typeof value === "number") return out.int(3, value).int(20, 2);
  if ("float" in value) return out.float(2, value.float).int(20, 1);
  for (const n of value) out.int(8, n);
  return out.int(20, 7);
}

/** ONNX wants little-endian, and so are all machines with a JavaScript engine. */
const bytesOf = (data: Float32Array | BigInt64Array | Int8Array): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
