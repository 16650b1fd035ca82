/** Says that something is done, to the eye and to screen readers. */
export function Done({ text }: { readonly text: string | undefined }) {
  return (
    <div role="status">
      {text === undefined ? null : (
        <p className="notice" data-tone="good">
          {text}
        </p>
      )}
    </div>
  );
}
