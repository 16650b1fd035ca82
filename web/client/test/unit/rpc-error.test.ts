// Whose fault an error of a node is, as the Rust crates say it.
import { expect, test } from "vitest";
import { NodeError, RefusedError } from "../../src/nodes/node-error.ts";
import { rpcErrorOf } from "../../src/nodes/rpc-error.ts";
import { fixture } from "../support/fixtures.ts";

interface Code {
  readonly code: number;
  readonly may_pass_elsewhere: boolean;
}

const NOT_AUTHORIZED = -901;
const codes = fixture<readonly Code[]>("protocol/error-codes.json");
const errorOf = (code: number) => rpcErrorOf("https://node.example", { code, message: "why" });

test.each(codes)(
  "$code may pass elsewhere: $may_pass_elsewhere",
  ({ code, may_pass_elsewhere: mayPassElsewhere }) => {
    const error = errorOf(code);
    if (code === NOT_AUTHORIZED) {
      expect(error).toMatchObject({ name: "NodeError", reason: "NotSignedIn" });
    } else {
      expect(error).toBeInstanceOf(mayPassElsewhere ? NodeError : RefusedError);
    }
  },
);

test("a code that no node of this protocol has is the node's fault", () => {
  for (const code of [77, 0, -200.5]) {
    expect(errorOf(code)).toMatchObject({ name: "NodeError", reason: "Unavailable" });
  }
});
