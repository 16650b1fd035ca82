import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { TEXTS } from "../texts.ts";
import { restoreFocus } from "./focus.ts";
import { topLayer } from "./top-layer.ts";

/** A dialog that is open as long as it is there. Escape and the button close it; the focus goes back to where it was. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // Before it is shown, and before it is taken away: a box that is gone gives no focus back.
  useLayoutEffect(() => {
    const box = dialog.current;
    if (box === null) {
      return;
    }
    const opener = document.activeElement;
    if (!box.open) {
      box.showModal();
    }
    const leave = topLayer.enter(box);
    return () => {
      leave();
      box.close();
      restoreFocus(opener);
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={heading}
      onCancel={(event) => {
        // One within this one closes alone: its event comes here, too.
        if (event.target !== event.currentTarget) {
          return;
        }
        event.preventDefault();
        onClose();
      }}
    >
      <div className="stack">
        <div className="dialog-head">
          <h2 id={heading}>{title}</h2>
          <button type="button" className="button" data-kind="quiet" onClick={onClose}>
            {TEXTS.close}
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
