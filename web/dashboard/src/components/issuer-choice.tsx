import type { IssuerConfig } from "idos-kit/page-config";
import { TEXTS } from "../texts.ts";
import { Field } from "./field.tsx";

export function IssuerChoice({
  label,
  issuers,
  url,
  onChoose,
}: {
  readonly label: string;
  readonly issuers: readonly IssuerConfig[];
  readonly url: string;
  readonly onChoose: (url: string) => void;
}) {
  return (
    <Field label={label} hint={TEXTS.onboarding.issuerLead}>
      {(control) => (
        <select {...control} className="input" value={url} onChange={({ target }) => onChoose(target.value)}>
          {issuers.map((issuer) => (
            <option key={issuer.url} value={issuer.url}>
              {issuer.name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
