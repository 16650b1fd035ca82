import { createServer } from "node:net";

/** Below those that systems give to connections. */
const [FIRST, LAST] = [21_000, 31_000];
/** How far one network's ports reach. */
const STEP = 100;

/** The first of some ports in a row that nobody uses. */
export async function freePorts(count: number): Promise<number> {
  // Another run may look for ports at the same time: each begins somewhere else.
  const from = FIRST + (process.pid % 50) * 2 * STEP;
  for (let first = from; first < LAST; first += STEP) {
    const free = await Promise.all(Array.from({ length: count }, (_, at) => isFree(first + at)));
    if (free.every(Boolean)) {
      return first;
    }
  }
  throw new Error("no ports are free");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
