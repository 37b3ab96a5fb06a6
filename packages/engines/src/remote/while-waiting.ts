/** What `look` says, every `ms` milliseconds, until `promise` settles; then its value, or its error. */
export async function* whileWaiting<T, P>(
  promise: Promise<T>,
  ms: number,
  look: () => Promise<P | undefined>,
): AsyncGenerator<P, T, undefined> {
  let settled = false;
  const end = promise.then(
    () => void (settled = true),
    () => void (settled = true),
  );
  for (;;) {
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, ms))]);
    if (settled) return await promise;
    const seen = await Promise.race([end, look()]);
    if (seen !== undefined) yield seen as P;
  }
}
