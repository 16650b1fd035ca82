import { Enclave, EnclaveError } from "idos-client/enclave";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { EnclaveFrame } from "../components/enclave-frame.tsx";
import { afterwards } from "../rules/error-text.ts";
import { TEXTS } from "../texts.ts";
import { useSetup } from "./config-context.tsx";
import { EnclaveContext } from "./enclave-context.tsx";
import { storeKeyRing } from "./key-ring.ts";
import { isLeaving, useSession } from "./session-context.tsx";

/** Opens the enclave when the page begins, so that it is there when something is clicked, and keeps its frame. */
export function EnclaveProvider({ children }: { readonly children: ReactNode }) {
  const { config } = useSetup();
  const { state } = useSession();
  const person = useRef(state.kind === "ready" ? state.person : undefined);
  person.current = state.kind === "ready" ? state.person : undefined;
  const container = useRef<HTMLDivElement>(null);
  const opening = useRef<Promise<Enclave> | undefined>(undefined);
  const ringError = useRef<unknown>(undefined);
  /** Whether a ring was stored since that was taken: a new password takes two of them. */
  const isRingStored = useRef(false);
  const [locks, setLocks] = useState(0);
  const [title, setTitle] = useState("");

  const open = useCallback((): Promise<Enclave> => {
    const url = config.enclave;
    if (url === null || container.current === null) {
      return Promise.reject(new EnclaveError("Unsupported", TEXTS.enclave.none));
    }
    opening.current ??= Enclave.open({
      url,
      container: container.current,
      // A change begins from the ring that the enclave was given, and replaces no other.
      storeKeyRing: async (keyRing: string, replaces: string | null) => {
        ringError.current = undefined;
        try {
          const stored = await afterwards(isRingStored.current, async () => {
            if (person.current === undefined) {
              throw new EnclaveError("BadRequest", "nobody is signed in");
            }
            return storeKeyRing(person.current, keyRing, replaces);
          });
          isRingStored.current = true;
          return stored;
        } catch (error) {
          ringError.current = error;
          throw error;
        }
      },
      onLocked: () => setLocks((count) => count + 1),
    });
    // Who asks the next time gets another try.
    opening.current.catch(() => {
      opening.current = undefined;
    });
    return opening.current;
  }, [config.enclave]);

  useEffect(() => {
    open().catch(() => undefined);
  }, [open]);

  const before = useRef(state);
  useEffect(() => {
    const isLeft = isLeaving(before.current, state);
    before.current = state;
    if (isLeft) {
      // Locking takes away what is shown as well.
      opening.current?.then((enclave) => enclave.lock(null)).catch(() => undefined);
      setTitle("");
    }
  }, [state]);

  const hide = useCallback(() => {
    opening.current?.then((enclave) => enclave.hide(null)).catch(() => undefined);
  }, []);

  const takeRingError = useCallback(() => {
    const error = ringError.current;
    ringError.current = undefined;
    isRingStored.current = false;
    return error;
  }, []);

  const access = useMemo(() => ({ open, takeRingError, locks, setTitle }), [open, takeRingError, locks]);
  return (
    <EnclaveContext value={access}>
      {children}
      <EnclaveFrame container={container} title={title} onClose={hide} />
    </EnclaveContext>
  );
}
