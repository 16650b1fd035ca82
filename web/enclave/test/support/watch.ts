// Records everything that a page sends, gets and keeps, to look for what it must not have. Runs before the page does.

/** Installed in the page by `addInitScript`: no closure from here is there. */
export function watch(): void {
  if (window.top !== window || window.opener !== null) {
    return;
  }
  const seen: string[] = [];
  const note = (value: unknown) => {
    try {
      seen.push(typeof value === "string" ? value : JSON.stringify(value, bytesAsText));
    } catch {
      seen.push(String(value));
    }
  };
  const bytesAsText = (_: string, value: unknown) =>
    ArrayBuffer.isView(value)
      ? Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), (byte) =>
          byte.toString(16).padStart(2, "0"),
        ).join("")
      : value;
  const wrap = (owner: object, name: string) => {
    const original = Reflect.get(owner, name) as (...values: unknown[]) => unknown;
    Reflect.set(owner, name, function (this: unknown, ...values: unknown[]) {
      for (const value of values) {
        note(value);
      }
      return original.apply(this, values);
    });
  };
  wrap(MessagePort.prototype, "postMessage");
  wrap(window, "postMessage");
  wrap(window, "fetch");
  wrap(XMLHttpRequest.prototype, "send");
  wrap(navigator, "sendBeacon");
  wrap(Storage.prototype, "setItem");
  // Whatever arrives: every reading of a message's data is noted, by whomever.
  const data = Object.getOwnPropertyDescriptor(MessageEvent.prototype, "data");
  Object.defineProperty(MessageEvent.prototype, "data", {
    configurable: true,
    get() {
      const value: unknown = data?.get?.call(this);
      note(value);
      return value;
    },
  });
  addEventListener("message", (event) => note(event.data));

  /** Everything noted, and every text and byte that can be reached from the page's globals. */
  const everything = (): string => {
    const found: string[] = [...seen];
    const visited = new Set<unknown>([seen]);
    const queue: unknown[] = [window, document.documentElement.outerHTML];
    while (queue.length > 0 && visited.size < 200_000) {
      const value = queue.pop();
      if (typeof value === "string") {
        found.push(value);
      } else if ((typeof value === "object" && value !== null) || typeof value === "function") {
        if (visited.has(value)) {
          continue;
        }
        visited.add(value);
        if (ArrayBuffer.isView(value)) {
          found.push(String(bytesAsText("", value)));
          continue;
        }
        for (const name of Reflect.ownKeys(value)) {
          try {
            queue.push(Reflect.get(value, name));
          } catch {
            // Of another origin, or not to be read.
          }
        }
      }
    }
    return found.join("\n");
  };
  Reflect.set(window, "everything", everything);
}
