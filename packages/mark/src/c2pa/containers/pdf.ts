import { badFile, fromLatin1, nextNumber, type Pdf, parsePdf, updatePdf } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { associated, withAssociated } from "../../formats/pdf.ts";
import type { Container } from "../container.ts";

const relationship = "/C2PA_Manifest";
const name = "(Content Credentials)";

/** An embedded file associated with the document (C2PA 2.2, A.4), not compressed, by an incremental update. */
export const pdfContainer: Container = {
  embed(whole, store) {
    const file = withoutOwnUpdate(whole);
    const pdf = parsePdf(file);
    const [stream, spec] = [nextNumber(pdf), nextNumber(pdf) + 1];
    const out = updatePdf(file, pdf, [
      {
        number: stream,
        value: `<</Type /EmbeddedFile /Subtype /application#2Fc2pa /Length ${store.length}>>`,
        stream: store,
      },
      {
        number: spec,
        value: `<</Type /Filespec /AFRelationship ${relationship} /Desc ${name} /F ${name} /UF ${name} /EF <</F ${stream} 0 R>>>>`,
      },
      withAssociated(pdf, relationship, `${spec} 0 R`),
    ]);
    return { file: out.file, place: { start: out.streams[0] as number, length: store.length } };
  },
  extract(file) {
    const pdf = parsePdf(file, { encrypted: true });
    if (pdf.trailer.has("Encrypt")) return insideEncrypted(pdf);
    const [found, more] = associated(pdf).filter((a) => a.relationship === relationship);
    if (found === undefined) return undefined;
    const stream = found.stream === undefined ? undefined : pdf.stream(found.stream);
    if (more !== undefined || stream === undefined) throw badFile("PDF with two manifests, or one without its bytes");
    return { store: stream.data, place: { start: stream.offset, length: stream.data.length } };
  },
};

/** The relationship is a name, which is not encrypted; a manifest that is cannot be read. Object streams are, and hide whatever they hold. */
function insideEncrypted(pdf: Pdf): undefined {
  let files: ReturnType<typeof associated> = [];
  try {
    files = associated(pdf);
  } catch (error) {
    if (!InksealError.is(error)) throw error;
  }
  if (files.some((a) => a.relationship === relationship)) throw badFile("PDF: a manifest that is encrypted");
  return undefined;
}

/** The file before a manifest was put into it, when nothing was added since; else all of it: earlier updates may be relied on. */
function withoutOwnUpdate(file: Uint8Array): Uint8Array {
  const stream = associated(parsePdf(file)).find((a) => a.relationship === relationship)?.stream;
  if (stream === undefined) return file;
  const text = fromLatin1(file);
  const start = text.lastIndexOf(`\n${stream} 0 obj\n<</Type /EmbeddedFile /Subtype /application#2Fc2pa`);
  const before = text.slice(0, Math.max(start, 0));
  const sections = text.slice(Math.max(start, 0)).split("%%EOF").length - 1;
  return start > 0 && sections === 1 && /%%EOF\s*$/.test(before) ? file.subarray(0, start) : file;
}
