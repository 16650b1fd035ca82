import { type RefObject, useEffect, useRef } from "react";
import { TEXTS } from "../texts.ts";
import { topLayer } from "./top-layer.ts";
import "./enclave-frame.css";

/**
 * Where the enclave's frame lives for as long as the page does: moved frames are loaded anew. It is a dialog that opens
 * when the enclave asks for room, and closes when it wants none.
 *
 * What has to be noticed meanwhile, a signature that is awaited, has a place below the frame, which makes room for it:
 * nothing of the page ever lies over what the enclave shows.
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
  const notices = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const [box, host, place] = [dialog.current, container.current, notices.current];
    if (box === null || host === null || place === null) {
      return undefined;
    }
    let leave: (() => void) | undefined;
    const follow = () => {
      const isShown = Number.parseFloat(host.querySelector("iframe")?.style.height ?? "0") > 0;
      if (isShown && !box.open) {
        box.showModal();
        leave = topLayer.enter(place);
      } else if (!isShown && box.open) {
        box.close();
      }
    };
    const observer = new MutationObserver(follow);
    observer.observe(host, { childList: true, subtree: true, attributeFilter: ["style"] });
    follow();
    // However it is closed: by the enclave, the button, or Escape. It may be open again before it is told of that.
    const closed = () => {
      if (!box.open) {
        leave?.();
      }
    };
    box.addEventListener("close", closed);
    return () => {
      observer.disconnect();
      box.removeEventListener("close", closed);
      leave?.();
    };
  }, [container]);
  return (
    <dialog
      ref={dialog}
      className="dialog enclave-frame"
      aria-labelledby="enclave-title"
      closedby="any"
      onClose={onClose}
    >
      <div className="enclave-frame-head">
        <h2 id="enclave-title">{title === "" ? TEXTS.enclave.title : title}</h2>
        <button type="button" className="button" onClick={() => dialog.current?.close()}>
          {TEXTS.close}
        </button>
      </div>
      <p className="muted small">{TEXTS.enclave.note}</p>
      <div ref={container} className="enclave-frame-host" />
      <div ref={notices} className="enclave-frame-notices" />
    </dialog>
  );
}
