import { type RefObject, useEffect, useRef } from "react";
import { TEXTS } from "../texts.ts";
import "./enclave-frame.css";

/**
 * Where the enclave's frame lives for as long as the page does: moved frames are loaded anew. It is a dialog that opens
 * when the enclave asks for room, and closes when it wants none.
 */
export function EnclaveFrame({
  container,
  title,
  onClose,
}: {
  readonly container: RefObject<HTMLDivElement | null>;
  readonly title: string;
  readonly onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const [box, host] = [dialog.current, container.current];
    if (box === null || host === null) {
      return undefined;
    }
    const follow = () => {
      const isShown = Number.parseFloat(host.querySelector("iframe")?.style.height ?? "0") > 0;
      if (isShown && !box.open) {
        box.showModal();
      } else if (!isShown && box.open) {
        box.close();
      }
    };
    const observer = new MutationObserver(follow);
    observer.observe(host, { childList: true, subtree: true, attributeFilter: ["style"] });
    follow();
    return () => observer.disconnect();
  }, [container]);
  return (
    <dialog ref={dialog} className="dialog enclave-frame" aria-labelledby="enclave-title" onClose={onClose}>
      <div className="enclave-frame-head">
        <h2 id="enclave-title">{title === "" ? TEXTS.enclave.title : title}</h2>
        <button type="button" className="button" onClick={() => dialog.current?.close()}>
          {TEXTS.close}
        </button>
      </div>
      <p className="muted small">{TEXTS.enclave.note}</p>
      <div ref={container} className="enclave-frame-host" />
    </dialog>
  );
}
