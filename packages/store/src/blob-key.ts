/**
 * Throws RangeError unless `key` is relative, `/`-separated, 1 to 200 characters of `A-Z a-z 0-9 . _ -` with no part
 * that is empty or starts with a dot (so no `..`, no hidden file, nothing absolute).
 */
export function checkKey(key: string): void {
  if (key.length > 200 || !/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(key) || key.endsWith("\n"))
    throw new RangeError(`blob key is not valid: ${JSON.stringify(key.slice(0, 80))}`);
}
