/** Looks at the first call, and gives the same answer to everybody. */
export function once<T>(look: () => Promise<T>): () => Promise<T> {
  let looking: Promise<T> | undefined;
  return () => {
    looking ??= look();
    return looking;
  };
}
