import { type ReactNode, useEffect, useId, useRef } from "react";
import { TEXTS } from "../texts.ts";
import { topLayer } from "./top-layer.ts";

/** A dialog that is open as long as it is there. Escape and the button close it; the focus goes back by itself. */
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
  useEffect(() => {
    const box = dialog.current;
    if (box === null) {
      return;
    }
    if (!box.open) {
      box.showModal();
    }
    const leave = topLayer.enter(box);
    return () => {
      leave();
      box.close();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={heading}
      onCancel={(event) => {
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
