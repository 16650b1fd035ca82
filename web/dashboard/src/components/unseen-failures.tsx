import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { createPortal } from "react-dom";
import { watchUnseen } from "../queries/unseen-failures.ts";
import { TEXTS } from "../texts.ts";
import { ErrorNotice } from "./error-notice.tsx";
import { topLayer } from "./top-layer.ts";
import "./unseen-failures.css";

/** Says what failed after its dialog was closed or its screen left, wherever the person is by then. */
export function UnseenFailures() {
  const cache = useQueryClient().getMutationCache();
  const dialog = useSyncExternalStore(topLayer.subscribe, topLayer.current);
  const [failures, setFailures] = useState<readonly { readonly id: number; readonly error: Error }[]>([]);
  useEffect(() => {
    let last = 0;
    return watchUnseen(cache, (error) => {
      last += 1;
      const id = last;
      setFailures((all) => [...all, { id, error }]);
    });
  }, [cache]);
  if (failures.length === 0) {
    return null;
  }
  const notices = (
    <div className="unseen-failures stack">
      {failures.map(({ id, error }) => (
        <div key={id} className="card stack">
          <ErrorNotice error={error} note={TEXTS.unseen} />
          <div>
            <button
              type="button"
              className="button"
              onClick={() => setFailures((all) => all.filter((it) => it.id !== id))}
            >
              {TEXTS.close}
            </button>
          </div>
        </div>
      ))}
    </div>
  );
  return dialog === undefined ? notices : createPortal(notices, dialog);
}
