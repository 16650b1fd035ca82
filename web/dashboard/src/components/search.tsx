import { TEXTS } from "../texts.ts";
import { Field } from "./field.tsx";

/** From how many items on there is something to search. */
const SEARCHED_FROM = 4;

/** A field to search a list by, if the list is long enough for that, or something is typed that may have to be cleared. */
export function Search({
  of,
  hint,
  value,
  onChange,
}: {
  /** How many items the list has. */
  readonly of: number;
  readonly hint: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  return of < SEARCHED_FROM && value === "" ? null : (
    <Field label={TEXTS.data.search}>
      {(control) => (
        <input
          {...control}
          className="input"
          type="search"
          placeholder={hint}
          value={value}
          onChange={({ target }) => onChange(target.value)}
        />
      )}
    </Field>
  );
}
