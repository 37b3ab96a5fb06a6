import { Fragment } from "react";

/** A sentence in which `back-ticked` words are code. */
export function Coded({ children }: { children: string }) {
  return children.split("`").map((piece, i) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one fixed sentence
    i % 2 === 1 ? <code key={i}>{piece}</code> : <Fragment key={i}>{piece}</Fragment>,
  );
}
