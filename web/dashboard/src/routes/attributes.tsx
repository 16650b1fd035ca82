import { useMutation } from "@tanstack/react-query";
import type { Attribute } from "idos-client";
import { useState } from "react";
import { Answered } from "../components/answered.tsx";
import { AttributeDialog } from "../components/attribute-dialog.tsx";
import { Badge } from "../components/badge.tsx";
import { ConfirmWrite } from "../components/confirm-write.tsx";
import { Done } from "../components/done.tsx";
import { Empty } from "../components/empty.tsx";
import { EnclaveAction } from "../components/enclave-action.tsx";
import { useFocusKept } from "../components/focus.ts";
import { ProofLine } from "../components/proof-line.tsx";
import { Screen } from "../components/screen.tsx";
import { useHolder } from "../queries/holder.ts";
import { useAttributes } from "../queries/person-query.ts";
import { isSealed, ownAttributes } from "../rules/attributes.ts";
import { useEnclave } from "../session/enclave-context.tsx";
import { TEXTS } from "../texts.ts";

/** What a dialog is open for. */
interface Edited {
  /** Undefined for a new one. */
  readonly attribute: Attribute | undefined;
}

/** Small facts of the person's own. */
export function Attributes() {
  const attributes = useAttributes();
  const [said, setSaid] = useState<string | undefined>(undefined);
  const [edited, setEdited] = useState<Edited | undefined>(undefined);
  const add = (
    <button
      type="button"
      className="button"
      data-kind="primary"
      onClick={() => setEdited({ attribute: undefined })}
    >
      {TEXTS.attributes.add}
    </button>
  );
  return (
    <Screen title={TEXTS.attributes.title} lead={TEXTS.attributes.lead} actions={add}>
      <Done text={said} />
      <Answered query={attributes}>
        {(all) => {
          const own = ownAttributes(all);
          const sealed = own.filter((it) => isSealed(it.value));
          return own.length === 0 ? (
            <Empty title={TEXTS.attributes.empty} lead={TEXTS.attributes.emptyLead} />
          ) : (
            <>
              {sealed.length === 0 ? null : <ShowAll attributes={sealed} />}
              <ul className="list">
                {own.map((it) => (
                  <AttributeItem
                    key={it.id}
                    attribute={it}
                    onEdit={() => setEdited({ attribute: it })}
                    onDone={setSaid}
                  />
                ))}
              </ul>
            </>
          );
        }}
      </Answered>
      <ProofLine of={[attributes.data]} />
      {edited === undefined ? null : (
        <AttributeDialog
          attribute={edited.attribute}
          others={attributes.data?.value ?? []}
          onDone={() => {
            // What was closed meanwhile closes no other.
            setEdited((now) => (now === edited ? undefined : now));
            setSaid(TEXTS.attributes.saved);
          }}
          onClose={() => setEdited(undefined)}
        />
      )}
    </Screen>
  );
}

function ShowAll({ attributes }: { readonly attributes: readonly Attribute[] }) {
  const access = useEnclave();
  const holder = useHolder();
  const show = useMutation({
    mutationFn: async () => {
      if (holder !== undefined) {
        access.setTitle(TEXTS.attributes.title);
        const enclave = await access.open();
        const sealed = attributes.map(({ id, key, value }) => ({ id, key, value }));
        await enclave.showAttributes({ holder, attributes: sealed });
      }
    },
  });
  return (
    <EnclaveAction action={show} given={undefined} disabled={holder === undefined}>
      {TEXTS.attributes.showAll}
    </EnclaveAction>
  );
}

function AttributeItem({
  attribute,
  onEdit,
  onDone,
}: {
  readonly attribute: Attribute;
  readonly onEdit: () => void;
  readonly onDone: (said: string) => void;
}) {
  const [isAsking, setAsking] = useState(false);
  const item = useFocusKept<HTMLLIElement>();
  const sealed = isSealed(attribute.value);
  return (
    <li ref={item} className="card item">
      <div className="item-text">
        <h3>{attribute.key}</h3>
        <p className="row">
          {sealed ? (
            <Badge tone="good" text={TEXTS.attributes.sealed} />
          ) : (
            <>
              <span>{attribute.value.slice(0, 300)}</span>
              <Badge tone="warn" text={TEXTS.attributes.plain} />
            </>
          )}
        </p>
      </div>
      <div className="row">
        <button
          type="button"
          className="button"
          aria-label={`${TEXTS.attributes.edit}: ${attribute.key}`}
          onClick={onEdit}
        >
          {TEXTS.attributes.edit}
        </button>
        <button
          type="button"
          className="button"
          data-kind="danger"
          aria-label={`${TEXTS.attributes.delete}: ${attribute.key}`}
          onClick={() => setAsking(true)}
        >
          {TEXTS.attributes.delete}
        </button>
      </div>
      {isAsking ? (
        <ConfirmWrite
          title={TEXTS.attributes.deleteTitle(attribute.key)}
          action={TEXTS.attributes.delete}
          write={async (person) => {
            await person.removeAttribute(attribute.id);
            setAsking(false);
            onDone(TEXTS.attributes.deleted);
          }}
          onClose={() => setAsking(false)}
        >
          <p>{TEXTS.attributes.deleteLead}</p>
        </ConfirmWrite>
      ) : null}
    </li>
  );
}
