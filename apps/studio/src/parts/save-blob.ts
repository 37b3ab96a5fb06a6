/** Saves bytes to the reader's disk. */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // the browser has taken the blob by the time its download starts; a minute is ample
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
