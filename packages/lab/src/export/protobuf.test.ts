import { describe, expect, it } from "vitest";
import { ProtobufMessage } from "./protobuf.ts";

describe("ProtobufMessage", () => {
  it("writes the examples of the format's own guide", () => {
    expect([...new ProtobufMessage().int(1, 150).finish()]).toEqual([0x08, 0x96, 0x01]);
    expect([...new ProtobufMessage().bytes(2, "testing").finish()]).toEqual([0x12, 0x07, ...Buffer.from("testing")]);
    expect([...new ProtobufMessage().message(3, new ProtobufMessage().int(1, 150)).finish()]).toEqual([
      0x1a, 0x03, 0x08, 0x96, 0x01,
    ]);
    expect([...new ProtobufMessage().int(1, -2).finish()]).toEqual([0x08, 0xfe, ...Array(8).fill(0xff), 0x01]);
  });
  it("writes fields above 15, large integers and floats", () => {
    expect([...new ProtobufMessage().int(20, 2).finish()]).toEqual([0xa0, 0x01, 0x02]);
    expect([...new ProtobufMessage().int(1, 2 ** 40).finish()]).toEqual([0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20]);
    expect([...new ProtobufMessage().float(2, 1).finish()]).toEqual([0x15, 0, 0, 0x80, 0x3f]);
  });
});
