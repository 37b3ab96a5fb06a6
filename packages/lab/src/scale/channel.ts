/**
 * Messages between the coordinator and one participant: whole, in order, over any transport (WebSocket, MessagePort, TCP with
 * frames). The transport says who the other is and keeps outsiders out (TLS); secure aggregation does not.
 */
export interface Channel {
  send(message: Uint8Array): void;
  /** Called once. `closed` comes once, after the last message, whichever side closed. */
  listen(listener: { message(bytes: Uint8Array): void; closed(): void }): void;
  close(): void;
}

/** Both ends of a channel inside one thread, for simulations and tests; each message is its own turn, as it were on a network. */
export function channelPair(): [Channel, Channel] {
  type Listener = Parameters<Channel["listen"]>[0];
  const listeners: (Listener | undefined)[] = [undefined, undefined];
  const early: (Uint8Array | "closed")[][] = [[], []];
  let open = true;
  const deliver = (to: number, what: Uint8Array | "closed") =>
    queueMicrotask(() => {
      const listener = listeners[to];
      if (listener === undefined) early[to]!.push(what);
      else if (what === "closed") listener.closed();
      else listener.message(what);
    });
  const end = (self: number): Channel => ({
    send: (message) => {
      if (open) deliver(1 - self, message.slice());
    },
    listen: (listener) => {
      listeners[self] = listener;
      for (const what of early[self]!.splice(0)) deliver(self, what);
    },
    close: () => {
      if (!open) return;
      open = false;
      deliver(0, "closed");
      deliver(1, "closed");
    },
  });
  return [end(0), end(1)];
}
