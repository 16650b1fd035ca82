// What a dApp would run: the tests set a task, and click the button.
import { Enclave, type EnclaveApi, EnclaveError } from "idos-client/enclave";

type Outcome = { readonly result: unknown } | { readonly reason: string; readonly message: string };

declare global {
  interface Window {
    idos: {
      enclave: Enclave | undefined;
      locked: number;
      stored: string[];
      /** What storing a ring gives back; the ring itself, unless a test says otherwise. */
      storing: (keyRing: string) => string;
      open(url: string): Promise<void>;
      ask(method: keyof EnclaveApi, argument: unknown): Promise<Outcome>;
      prepare(method: keyof EnclaveApi, argument: unknown): void;
      outcome: Promise<Outcome> | undefined;
    };
  }
}

let task: (() => void) | undefined;

const ask = (method: keyof EnclaveApi, argument: unknown): Promise<Outcome> => {
  const { enclave } = window.idos;
  if (enclave === undefined) {
    throw new Error("open the enclave first");
  }
  const work = enclave[method].bind(enclave) as (argument: unknown) => Promise<unknown>;
  return work(argument).then(
    (result) => ({ result }),
    (error: unknown) =>
      error instanceof EnclaveError
        ? { reason: error.reason, message: error.message }
        : { reason: "thrown", message: String(error) },
  );
};

window.idos = {
  enclave: undefined,
  locked: 0,
  stored: [],
  storing: (keyRing) => keyRing,
  outcome: undefined,
  async open(url) {
    const container = document.getElementById("enclave");
    if (container === null) {
      throw new Error("the page has no room for the enclave");
    }
    window.idos.enclave = await Enclave.open({
      url,
      container,
      storeKeyRing: async (keyRing) => {
        window.idos.stored.push(keyRing);
        return window.idos.storing(keyRing);
      },
      onLocked: () => {
        window.idos.locked += 1;
      },
    });
  },
  ask,
  prepare(method, argument) {
    task = () => {
      window.idos.outcome = ask(method, argument);
    };
  },
};

document.getElementById("go")?.addEventListener("click", () => task?.());
