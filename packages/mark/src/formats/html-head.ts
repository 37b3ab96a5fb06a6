/** What stands in front of a document's head content: comments, document type, `html` and `head`, each with its attributes. */
const lead = /^\uFEFF?(?:\s+|<!--[\s\S]*?-->|<!doctype\b[^>]*>|<html\b[^>]*>)*(?:<head\b[^>]*>)?/i;

/** Offset where the content of a document's head begins; a document without `head` gets one there (HTML, 13.2.6.4). */
export const headAt = (html: string): number => lead.exec(html)?.[0].length ?? 0;
