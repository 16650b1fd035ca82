/** The keys in an answer of a window: they go to the frame, and none stay here. */
export function secretsIn(answer: unknown): readonly Transferable[] {
  const { keys } = (answer ?? {}) as { readonly keys?: { readonly bytes?: unknown } };
  const bytes = keys?.bytes;
  return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : [];
}
