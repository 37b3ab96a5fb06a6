import type { Socket } from "node:net";
import type { Channel } from "../scale/channel.ts";

/**
 * A channel over a TCP or TLS connection: each message after its length in bytes (uint32, little-endian). One of more than `largest` bytes ends the
 * connection; by default 256 MiB, a model of 64 M parameters.
 */
export function socketChannel(socket: Socket, { largest = 1 << 28 } = {}): Channel {
  socket.setNoDelay(true);
  socket.on("error", () => {}); // "close" follows
  let open = true;
  return {
    send(message) {
      if (!open) return;
      const head = Buffer.alloc(4);
      head.writeUInt32LE(message.length);
      socket.cork();
      socket.write(head);
      socket.write(message);
      socket.uncork();
    },
    listen({ message, closed }) {
      let parts: Buffer[] = [];
      let bytes = 0;
      const whole = () => (parts = [Buffer.concat(parts)])[0]!;
      socket.on("data", (part: Buffer) => {
        parts.push(part);
        bytes += part.length;
        while (open && bytes >= 4) {
          if (parts[0]!.length < 4) whole();
          const length = parts[0]!.readUInt32LE();
          if (length > largest) return void socket.destroy();
          if (bytes < 4 + length) return;
          const all = whole();
          parts = [all.subarray(4 + length)];
          bytes -= 4 + length;
          message(new Uint8Array(all.subarray(4, 4 + length))); // no Buffer, whose slice is a view
        }
      });
      if (socket.destroyed) queueMicrotask(closed);
      else socket.once("close", closed);
    },
    close() {
      open = false;
      socket.destroySoon(); // after what was written
    },
  };
}
