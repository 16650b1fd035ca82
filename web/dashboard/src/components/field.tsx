import { type ReactNode, useId } from "react";

/** A labelled field. `children` gets what ties the control to its label, its hint and its fault. */
export function Field({
  label,
  hint,
  fault,
  children,
}: {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly fault?: string | undefined;
  readonly children: (control: {
    readonly id: string;
    readonly "aria-invalid": boolean;
    readonly "aria-describedby": string | undefined;
  }) => ReactNode;
}) {
  const id = useId();
  const described = [hint === undefined ? "" : `${id}-hint`, fault === undefined ? "" : `${id}-fault`];
  const describedBy = described.filter((it) => it !== "").join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        "aria-invalid": fault !== undefined,
        "aria-describedby": describedBy === "" ? undefined : describedBy,
      })}
      {hint === undefined ? null : (
        <span id={`${id}-hint`} className="muted small">
          {hint}
        </span>
      )}
      {fault === undefined ? null : (
        <span id={`${id}-fault`} className="field-error">
          {fault}
        </span>
      )}
    </div>
  );
}
