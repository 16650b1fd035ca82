// A front for several nodes, as a careless load balancer is: each request goes to a node of its own, by chance. Run as
// a program with the URLs of the nodes, it prints its own URL.
import { createServer, request } from "node:http";
import { pathToFileURL } from "node:url";

/** Starts the front; resolves to its URL and how many requests each node got. */
export const front = (nodes) => {
  const counts = nodes.map(() => 0);
  const server = createServer((asked, answered) => {
    const at = Math.floor(Math.random() * nodes.length);
    counts[at] += 1;
    // The name by which the client reached the front stays in the Host header: that is what people sign.
    const { method, headers, url } = asked;
    const passed = request(new URL(url, nodes[at]), { method, headers }, (answer) => {
      answered.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(answered);
    });
    passed.on("error", (error) => answered.destroy(error));
    answered.on("close", () => passed.destroy());
    asked.pipe(passed);
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      resolve({ url: `http://127.0.0.1:${server.address().port}`, counts, close: () => server.close() });
    });
  });
};

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { url, counts } = await front(process.argv.slice(2));
  console.log(url);
  // Whoever started it says by closing the input that it is over.
  process.stdin.on("data", () => {}).on("end", () => {
    console.log(JSON.stringify(counts));
    process.exit(0);
  });
}
