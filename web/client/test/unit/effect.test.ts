// What a node says that a write did is looked for in the state.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { shown } from "../../src/client/effect.ts";
import { NodeError, RefusedError } from "../../src/nodes/node-error.ts";
import { Nodes } from "../../src/nodes/nodes.ts";

const urls = ["https://a.test", "https://b.test", "https://c.test"];
const receipt = { hash: "aa", log: "", node: "https://a.test" };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Looks so often in vain; says which node each look asked first. */
function looking(inVain: number): { nodes: Nodes; asked: string[]; look: () => Promise<boolean> } {
  const nodes = new Nodes({ urls });
  const asked: string[] = [];
  const look = async () => {
    const [first] = nodes.inOrder();
    asked.push(first?.url ?? "");
    if (asked.length === 2) {
      throw new NodeError("Timeout", "https://b.test", "no answer in time");
    }
    return asked.length > inVain;
  };
  return { nodes, asked, look };
}

test("each look asks another node first, until one shows it", async () => {
  const { nodes, asked, look } = looking(4);
  const done = shown(nodes, receipt, look);
  await vi.runAllTimersAsync();
  expect(await done).toBe(receipt);
  expect(asked).toEqual([...urls, "https://a.test", "https://b.test"]);
});

test("what no proof shows within seconds is an error that names the node, which is asked last then", async () => {
  const { nodes, look } = looking(Number.POSITIVE_INFINITY);
  const refused = shown(nodes, receipt, look).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await refused).toMatchObject({
    name: "UnprovedError",
    fault: "node",
    hash: "aa",
    node: "https://a.test",
  });
  expect(nodes.inOrder().at(-1)?.url).toBe("https://a.test");
});

test("what the nodes refuse to prove accuses none of them", async () => {
  const look = () => Promise.reject(new RefusedError("Request", -300, "2049 rows cannot be proved at once"));
  const nodes = new Nodes({ urls });
  const refused = shown(nodes, receipt, look).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await refused).toMatchObject({ name: "UnprovableError", fault: "caller", hash: "aa" });
});

test("a fault of this library is not waited out", async () => {
  const look = () => Promise.reject(new TypeError("a bug"));
  await expect(shown(new Nodes({ urls }), receipt, look)).rejects.toThrow(TypeError);
});
