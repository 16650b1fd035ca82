import type { Attribute } from "idos-client";
import { useState } from "react";
import { useHolder } from "../queries/holder.ts";
import { useWrite } from "../queries/write.ts";
import { isSealed, keyFault } from "../rules/attributes.ts";
import { useEnclave } from "../session/enclave-context.tsx";
import { TEXTS } from "../texts.ts";
import { Dialog } from "./dialog.tsx";
import { EnclaveAction } from "./enclave-action.tsx";
import { Field } from "./field.tsx";
import { HolderFault } from "./holder-fault.tsx";

/** Adds or changes an attribute: its value is typed in the enclave, unless the person insists on plain text. */
export function AttributeDialog({
  attribute,
  others,
  onDone,
  onClose,
}: {
  /** Undefined for a new one. */
  readonly attribute: Attribute | undefined;
  readonly others: readonly Attribute[];
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const access = useEnclave();
  const holder = useHolder();
  const [id] = useState(() => attribute?.id ?? crypto.randomUUID());
  const [key, setKey] = useState(attribute?.key ?? "");
  const [isPlain, setPlain] = useState(attribute !== undefined && !isSealed(attribute.value));
  const [isUnderstood, setUnderstood] = useState(false);
  const [value, setValue] = useState(
    attribute !== undefined && !isSealed(attribute.value) ? attribute.value : "",
  );
  // A field of one line would drop the breaks between lines.
  const [hasLines] = useState(/[\r\n]/.test(value));
  // A sealed value is bound to its key: under another one it does not open, and would be lost.
  const isKeyFixed = attribute !== undefined && isSealed(attribute.value);
  const fault = isKeyFixed
    ? undefined
    : keyFault(
        key,
        others.filter((it) => it.id !== attribute?.id),
      );
  const isTyped = key !== "";
  // What was typed in the enclave outlives a wallet that refuses, and a line that fails: it is bound to its key.
  const [kept, setKept] = useState<{ readonly key: string; readonly text: string } | undefined>(undefined);
  const keptText = isPlain || kept?.key !== key ? undefined : kept.text;
  const store = useWrite(async (person, given: string | undefined) => {
    const text = given ?? (await sealed());
    if (attribute === undefined) {
      await person.addAttribute(key, text, id);
    } else {
      await person.editAttribute(id, key, text);
    }
    onDone();
  });
  async function sealed(): Promise<string> {
    if (holder === undefined) {
      throw new Error(TEXTS.loading);
    }
    const enclave = await access.open();
    const before = isKeyFixed ? attribute.value : null;
    const { value: text } = await enclave.editAttribute({ holder, id, key, value: before });
    setKept({ key, text });
    return text;
  }
  return (
    <Dialog title={attribute === undefined ? TEXTS.attributes.add : TEXTS.attributes.edit} onClose={onClose}>
      <Field
        label={TEXTS.attributes.key}
        hint={
          isKeyFixed
            ? TEXTS.attributes.keyFixed
            : isPlain
              ? TEXTS.attributes.keyHintPlain
              : TEXTS.attributes.keyHint
        }
        fault={isTyped && fault !== undefined ? TEXTS.attributes.faults[fault] : undefined}
      >
        {(control) => (
          <input
            {...control}
            className="input"
            value={key}
            autoComplete="off"
            readOnly={isKeyFixed}
            onChange={({ target }) => setKey(target.value)}
          />
        )}
      </Field>
      <label className="tick">
        <input type="checkbox" checked={isPlain} onChange={({ target }) => setPlain(target.checked)} />
        {TEXTS.attributes.plainOption}
      </label>
      {isPlain ? (
        <>
          <div className="notice stack" data-tone="warn" role="alert">
            <p>{TEXTS.attributes.plainWarning}</p>
            <label className="tick">
              <input
                type="checkbox"
                checked={isUnderstood}
                onChange={({ target }) => setUnderstood(target.checked)}
              />
              {TEXTS.attributes.plainConfirm}
            </label>
          </div>
          <Field label={TEXTS.attributes.value}>
            {(control) =>
              hasLines ? (
                <textarea
                  {...control}
                  className="input"
                  rows={4}
                  value={value}
                  autoComplete="off"
                  onChange={({ target }) => setValue(target.value)}
                />
              ) : (
                <input
                  {...control}
                  className="input"
                  value={value}
                  autoComplete="off"
                  onChange={({ target }) => setValue(target.value)}
                />
              )
            }
          </Field>
        </>
      ) : (
        <HolderFault />
      )}
      <EnclaveAction
        action={store}
        given={isPlain ? value : keptText}
        kind="primary"
        opensWindow={!isPlain && keptText === undefined}
        disabled={fault !== undefined || (isPlain ? !isUnderstood || value === "" : holder === undefined)}
      >
        {isPlain
          ? TEXTS.attributes.addPlain
          : keptText === undefined || store.isPending
            ? TEXTS.attributes.addSealed
            : TEXTS.attributes.storeTyped}
      </EnclaveAction>
      {keptText === undefined || store.isPending ? null : (
        <div>
          <button type="button" className="button" data-kind="quiet" onClick={() => setKept(undefined)}>
            {TEXTS.attributes.typeAnew}
          </button>
        </div>
      )}
    </Dialog>
  );
}
