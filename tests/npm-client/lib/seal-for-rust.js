// Seals and opens with tweetnacl what `crates/crypto/tests/tweetnacl.rs` gives it: a JSON line in, one out.
import { readFileSync } from "node:fs";
import nacl from "tweetnacl";

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const text = (bytes) => Buffer.from(bytes).toString("base64");

const answers = JSON.parse(readFileSync(0, "utf8")).map(({ secretKey, content, sender, plaintext }) => {
  const recipient = nacl.box.keyPair.fromSecretKey(bytes(secretKey));
  const boxed = bytes(content);
  const nonce = boxed.subarray(0, nacl.box.nonceLength);
  const opened = nacl.box.open(boxed.subarray(nacl.box.nonceLength), nonce, bytes(sender), recipient.secretKey);

  const ephemeral = nacl.box.keyPair();
  const own = nacl.randomBytes(nacl.box.nonceLength);
  const sealed = nacl.box(bytes(plaintext), own, recipient.publicKey, ephemeral.secretKey);
  return {
    opened: opened && text(opened),
    content: text(Buffer.concat([own, sealed])),
    encryptorPublicKey: text(ephemeral.publicKey),
  };
});
process.stdout.write(JSON.stringify(answers));
