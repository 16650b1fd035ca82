import { Channel, EnclaveError } from "idos-client/enclave";
import { afterEach, expect, test } from "vitest";
import { secretsIn } from "../../src/window/secrets-in.ts";

const open: MessagePort[] = [];

afterEach(() => {
  for (const port of open.splice(0)) {
    port.close();
  }
});

function ports(): [MessagePort, MessagePort] {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  return [port1, port2];
}

/** What comes back on a bare port for each message. */
async function answersTo(messages: readonly unknown[], count: number): Promise<unknown[]> {
  const [mine, theirs] = ports();
  const channel = new Channel(theirs, async (method) => method);
  const answers: unknown[] = [];
  await new Promise<void>((resolve) => {
    mine.addEventListener("message", ({ data }) => {
      answers.push(data);
      if (answers.length === count) {
        resolve();
      }
    });
    mine.start();
    for (const message of messages) {
      mine.postMessage(message);
    }
  });
  channel.close(new EnclaveError("Declined", "over"));
  return answers;
}

test("both sides ask and are answered", async () => {
  const [one, other] = ports();
  const left = new Channel(one, async (method, argument) => [method, argument]);
  const right = new Channel(other, async () => {
    throw new EnclaveError("Locked", "the keys are locked");
  });
  await expect(right.ask("a", 1)).resolves.toEqual(["a", 1]);
  await expect(right.ask("b", 2)).resolves.toEqual(["b", 2]);
  await expect(left.ask("c", 3)).rejects.toMatchObject({ reason: "Locked", fault: "caller" });
});

test("a number that was seen, or is not the next, is refused", async () => {
  const request = (id: number) => ({ id, method: `m${id}`, argument: null });
  const answers = await answersTo(
    [request(1), request(1), request(3), request(2), request(0), request(-1)],
    6,
  );
  const results = answers.filter((it) => Object.hasOwn(it as object, "result"));
  expect(results).toEqual([
    { id: 1, result: "m1" },
    { id: 2, result: "m2" },
  ]);
  expect(answers.filter((it) => Object.hasOwn(it as object, "error"))).toHaveLength(4);
});

test("what is no message is passed over; a method has a short name", async () => {
  const bad = ["x", null, 7, {}, { id: "1", method: "m" }, { id: 1.5, method: "m" }];
  const answers = await answersTo([...bad, { id: 1, method: "m".repeat(65) }, { id: 2, method: "m" }], 2);
  expect(answers).toContainEqual({ id: 2, result: "m" });
  expect(answers).toContainEqual({ id: 1, error: expect.objectContaining({ reason: "BadRequest" }) });
});

test("what is thrown elsewhere does not cross", async () => {
  const [one, other] = ports();
  new Channel(one, async () => {
    throw new Error("the password is hunter2");
  });
  const asked = new Channel(other, async () => null).ask("a", null);
  await expect(asked).rejects.toMatchObject({ reason: "Internal" });
  await expect(asked).rejects.not.toThrow(/hunter2/);
});

test("who waits when it is closed is told, and so is who asks after that", async () => {
  const [one] = ports();
  const channel = new Channel(one, async () => null);
  const waiting = channel.ask("a", null);
  channel.close(new EnclaveError("Declined", "closed"));
  await expect(waiting).rejects.toMatchObject({ reason: "Declined" });
  await expect(channel.ask("b", null)).rejects.toMatchObject({ reason: "Declined" });
});

test("an argument that cannot be sent uses up no number", async () => {
  const [one, other] = ports();
  new Channel(one, async (method) => method);
  const channel = new Channel(other, async () => null);
  await expect(channel.ask("a", () => undefined)).rejects.toMatchObject({ reason: "BadRequest" });
  await expect(channel.ask("b", null)).resolves.toBe("b");
});

test("an answer that cannot be sent is an error, and not silence", async () => {
  const [one, other] = ports();
  new Channel(one, async () => () => undefined);
  await expect(new Channel(other, async () => null).ask("a", null)).rejects.toMatchObject({
    reason: "Internal",
  });
});

test("keys that are answered are handed over: none stay behind", async () => {
  const [one, other] = ports();
  const bytes = Uint8Array.of(1, 2, 3);
  const answers = async (method: string) => (method === "keys" ? { keys: { bytes }, idleMinutes: 15 } : null);
  const asking = new Channel(one, async () => null);
  new Channel(other, answers, secretsIn);
  expect(await asking.ask("keys", null)).toEqual({
    keys: { bytes: Uint8Array.of(1, 2, 3) },
    idleMinutes: 15,
  });
  expect(bytes).toHaveLength(0);
  expect(await asking.ask("nothing", null)).toBeNull();
});
