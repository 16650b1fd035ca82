import { compareBytes } from "../bytes/bytes.ts";
import { commonBits } from "./key.ts";
import { prefixOf } from "./prefix.ts";
import { branchRoot, emptyRoot, type Leaf, leafRoot, type Root } from "./root.ts";

/** Computes the root from leaves or subtrees in the order of their keys. It holds at most 512 subtrees. */
export class RootBuilder {
  // Finished subtrees, each with the bit in which it differs from what follows it. Those bits grow.
  readonly #done: { root: Root; bit: number }[] = [];
  #last: { key: Uint8Array; root: Root } | undefined;

  /** Adds the next leaf. False if its key does not come behind the last one. */
  push(leaf: Leaf): boolean {
    return this.pushSubtree(leaf.key, leafRoot(leaf));
  }

  /** Adds a whole subtree, known by its root and by any one key that could be in it. */
  pushSubtree(key: Uint8Array, root: Root): boolean {
    if (this.#last !== undefined) {
      if (compareBytes(this.#last.key, key) >= 0) {
        return false;
      }
      const bit = commonBits(this.#last.key, key);
      this.#done.push({ root: this.#merged(this.#last.key, this.#last.root, bit), bit });
    }
    this.#last = { key, root };
    return true;
  }

  /** The root of everything. */
  finish(): Root {
    return this.#last === undefined ? emptyRoot() : this.#merged(this.#last.key, this.#last.root, 0);
  }

  /** Merges `root` with the subtrees before it that differ from it in bit `from` or later. */
  #merged(key: Uint8Array, root: Root, from: number): Root {
    let merged = root;
    for (let top = this.#done.at(-1); top !== undefined && top.bit >= from; top = this.#done.at(-1)) {
      merged = branchRoot(prefixOf(key, top.bit), top.root, merged);
      this.#done.pop();
    }
    return merged;
  }
}
