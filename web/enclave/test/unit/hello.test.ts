import { expect, test } from "vitest";
import { type FrameWindow, greeted } from "../../src/frame/hello.ts";

const ORIGIN = "https://page.example";

/** A frame whose browser names `ancestor` as the page around it. */
function frame(ancestor?: string) {
  const parent = {};
  let listener: ((event: MessageEvent) => void) | undefined;
  const self: FrameWindow = {
    parent,
    location: ancestor === undefined ? {} : { ancestorOrigins: [ancestor] },
    addEventListener: (_, added) => {
      listener = added;
    },
    removeEventListener: () => {
      listener = undefined;
    },
  };
  const answers: unknown[] = [];
  const receive = (event: { source?: unknown; origin?: string; data?: unknown; ports?: number }) => {
    const port = { postMessage: (data: unknown) => answers.push(data) };
    const { source = parent, origin = ORIGIN, ports = 1 } = event;
    const data = event.data ?? { type: "idos-enclave:hello", version: 1 };
    listener?.({ source, origin, data, ports: Array(ports).fill(port) } as unknown as MessageEvent);
  };
  return { self, receive, answers };
}

test("the embedding page is greeted once", async () => {
  const { self, receive, answers } = frame(ORIGIN);
  const host = greeted(self);
  receive({});
  receive({ origin: "https://other.example" });
  expect((await host).origin).toBe(ORIGIN);
  expect(answers).toEqual([{ type: "idos-enclave:welcome", version: 1 }]);
});

test("browsers that do not name ancestors are believed in the origin of the message", async () => {
  const { self, receive } = frame();
  const host = greeted(self);
  receive({});
  expect((await host).origin).toBe(ORIGIN);
});

test.each([
  ["another window than the parent", { source: {} }],
  ["an origin that is not the one around", { origin: "https://other.example" }],
  ["an origin that names nobody", { origin: "null" }],
  ["no port", { ports: 0 }],
  ["two ports", { ports: 2 }],
  ["another message", { data: { type: "hello", version: 1 } }],
  ["nothing", { data: "hello" }],
])("%s is not answered", async (_, event) => {
  const { self, receive, answers } = frame(ORIGIN);
  void greeted(self);
  receive(event);
  expect(answers).toEqual([]);
});

test("another version is told ours, and not let in", () => {
  const { self, receive, answers } = frame(ORIGIN);
  void greeted(self);
  receive({ data: { type: "idos-enclave:hello", version: 2 } });
  receive({});
  expect(answers).toHaveLength(2);
});
