import type { Attribute } from "idos-client";
import { useState } from "react";
import { TEXTS } from "../texts.ts";
import { ConfirmWrite } from "./confirm-write.tsx";
import { useFocusKept } from "./focus.ts";

/** A copy of an attribute that the person shared, and how to end it. The network tells its owner not for whom it is. */
export function AttributeCopy({
  copy,
  name,
  onDone,
}: {
  readonly copy: Attribute;
  /** What its original is called. */
  readonly name: string;
  readonly onDone: (said: string) => void;
}) {
  const [isAsking, setAsking] = useState(false);
  const item = useFocusKept<HTMLLIElement>();
  return (
    <li ref={item} className="card item">
      <div className="item-text">
        <h3>{TEXTS.shared.copyOf(name)}</h3>
        <p className="muted">{TEXTS.shared.copyReader}</p>
      </div>
      <button
        type="button"
        className="button"
        data-kind="danger"
        aria-label={`${TEXTS.shared.endCopy}: ${name}`}
        onClick={() => setAsking(true)}
      >
        {TEXTS.shared.endCopy}
      </button>
      {isAsking ? (
        <ConfirmWrite
          title={TEXTS.shared.endCopyTitle(name)}
          action={TEXTS.shared.endCopy}
          write={async (person) => {
            await person.removeAttribute(copy.id);
            setAsking(false);
            onDone(TEXTS.shared.copyEnded);
          }}
          onClose={() => setAsking(false)}
        >
          <p>{TEXTS.shared.revokeLead}</p>
        </ConfirmWrite>
      ) : null}
    </li>
  );
}
