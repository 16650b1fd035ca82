import { EnclaveError, type EnclaveMethods, type ExportPart } from "idos-client/enclave";
import type { PersonKeys } from "../keys/person-keys.ts";
import { TEXTS } from "../texts.ts";
import { ExportFile } from "./export-file.ts";
import type { Popup } from "./popup.ts";

type FurtherPart = Parameters<EnclaveMethods["exportPart"]>[0];

/**
 * An export that is under way: one window, and one file of all the parts that the page brings. A part is taken once the
 * one before it has been opened, so no more than two are here.
 */
export class Export {
  readonly #first: ExportPart;
  readonly #reader: ReadableStreamDefaultReader<ExportPart>;
  readonly #writer: WritableStreamDefaultWriter<ExportPart>;

  constructor(first: ExportPart, isMoreToCome: boolean) {
    const { readable, writable } = new TransformStream<ExportPart, ExportPart>();
    this.#first = first;
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    // Failures are told to who brings a part, and to who asked for the file.
    this.#writer.closed.catch(() => undefined);
    if (!isMoreToCome) {
      this.#close();
    }
  }

  /** Takes a further part; null if the page cannot go on. */
  async take(part: FurtherPart): Promise<null> {
    if (part === null) {
      await this.#writer.abort(new EnclaveError("Network", TEXTS.export.stopped));
      return null;
    }
    await this.#writer.write(part);
    if (part.isLast) {
      this.#close();
    }
    return null;
  }

  /** Opens part after part, and offers the file to the person. `check` throws if the keys are gone meanwhile. */
  async offered(
    origin: string,
    keys: PersonKeys,
    window: Popup,
    check: () => void,
  ): Promise<{ readonly items: number }> {
    const file = new ExportFile(keys);
    let part: ExportPart | undefined = this.#first;
    while (part !== undefined) {
      check();
      file.add(part);
      await window.ask("collecting", { items: file.items });
      part = (await window.whileOpen(this.#reader.read())).value;
    }
    check();
    const { items, failed } = file;
    const name = `idos-${new Date().toISOString().slice(0, 10)}.json`;
    await window.ask("offer", { origin, name, file: file.whole(), items, failed });
    check();
    return { items };
  }

  /** It ended before its file was made: who brings a part is told. */
  fail(error: unknown): void {
    this.#reader.cancel(error).catch(() => undefined);
  }

  #close(): void {
    this.#writer.close().catch(() => undefined);
  }
}
