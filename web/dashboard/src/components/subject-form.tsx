import { type FormEvent, useRef, useState } from "react";
import { PORTRAIT_BYTES } from "../limits.ts";
import {
  DOCUMENT_TYPES,
  type Subject,
  type SubjectFault,
  type SubjectField,
  subjectFaults,
  subjectOf,
} from "../rules/subject.ts";
import { TEXTS } from "../texts.ts";
import { Field } from "./field.tsx";
import "./subject-form.css";

const FIELDS: readonly SubjectField[] = [
  "firstName",
  "familyName",
  "dateOfBirth",
  "nationality",
  "residentialAddressCountry",
  "idDocumentType",
  "idDocumentCountry",
  "idDocumentNumber",
];

/** What is typed into the fields, as it stands. */
export type Typed = Readonly<Partial<Record<SubjectField, string>>>;

export const NOTHING_TYPED: Typed = { idDocumentType: "PASSPORT" };

/** What a person says of themselves, for an issuer that takes their word. */
export function SubjectForm({
  typed,
  onType,
  submit,
  isPending,
  onSubmit,
}: {
  readonly typed: Typed;
  readonly onType: (typed: Typed) => void;
  readonly submit: string;
  readonly isPending: boolean;
  readonly onSubmit: (subject: Subject) => void;
}) {
  const [faults, setFaults] = useState<Readonly<Partial<Record<SubjectField, SubjectFault>>>>({});
  const [portrait, setPortrait] = useState<string | undefined>(undefined);
  const [isPortraitBad, setPortraitBad] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const change = (field: SubjectField, value: string) => {
    onType({ ...typed, [field]: value });
    setFaults({ ...faults, [field]: undefined });
  };
  const choose = async (file: File | undefined) => {
    const isGood = file !== undefined && /^image\/(jpeg|png)$/.test(file.type) && file.size <= PORTRAIT_BYTES;
    setPortraitBad(file !== undefined && !isGood);
    setPortrait(isGood ? await dataUrl(file) : undefined);
  };
  const send = (event: FormEvent) => {
    event.preventDefault();
    const found = subjectFaults(typed, new Date());
    setFaults(found);
    const [first] = FIELDS.filter((field) => found[field] !== undefined);
    if (first === undefined && !isPortraitBad) {
      onSubmit(subjectOf(typed, portrait));
    } else if (first !== undefined) {
      form.current?.querySelector<HTMLElement>(`[name="${first}"]`)?.focus();
    }
  };
  return (
    <form ref={form} className="stack" onSubmit={send} noValidate>
      <div className="subject-fields">
        {FIELDS.map((field) => {
          const fault = faults[field];
          return (
            <Field
              key={field}
              label={TEXTS.subject[field]}
              fault={fault === undefined ? undefined : TEXTS.subject.faults[fault]}
            >
              {(control) =>
                field === "idDocumentType" ? (
                  <select
                    {...control}
                    name={field}
                    className="input"
                    value={typed[field]}
                    onChange={({ target }) => change(field, target.value)}
                  >
                    {DOCUMENT_TYPES.map((it) => (
                      <option key={it} value={it}>
                        {TEXTS.subject.types[it]}
                      </option>
                    ))}
                  </select>
                ) : (
                  <input
                    {...control}
                    name={field}
                    className="input"
                    type={field === "dateOfBirth" ? "date" : "text"}
                    autoComplete="off"
                    value={typed[field] ?? ""}
                    onChange={({ target }) => change(field, target.value)}
                  />
                )
              }
            </Field>
          );
        })}
        <Field
          label={TEXTS.subject.portrait}
          fault={isPortraitBad ? TEXTS.subject.faults.portrait : undefined}
        >
          {(control) => (
            <input
              {...control}
              className="input"
              type="file"
              accept="image/jpeg,image/png"
              onChange={({ target }) => void choose(target.files?.[0])}
            />
          )}
        </Field>
      </div>
      <div>
        <button type="submit" className="button" data-kind="primary" disabled={isPending}>
          {isPending ? <span className="spinner" aria-hidden="true" /> : null}
          {submit}
        </button>
      </div>
    </form>
  );
}

function dataUrl(file: File): Promise<string | undefined> {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(typeof reader.result === "string" ? reader.result : undefined);
    reader.onerror = () => resolve(undefined);
    reader.readAsDataURL(file);
  });
}
