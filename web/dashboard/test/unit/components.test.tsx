// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { WalletError } from "idos-client";
import { afterEach, expect, test, vi } from "vitest";
import { Dialog } from "../../src/components/dialog.tsx";
import { ErrorNotice } from "../../src/components/error-notice.tsx";
import { ProofLine } from "../../src/components/proof-line.tsx";
import { SignatureBar } from "../../src/components/signature-bar.tsx";
import { SubjectForm } from "../../src/components/subject-form.tsx";
import { PendingSignatures } from "../../src/session/watched-signer.ts";
import { TEXTS } from "../../src/texts.ts";

afterEach(cleanup);

test("a failure says what to do, and can be tried again", () => {
  const retry = vi.fn();
  render(<ErrorNotice error={new WalletError("Rejected", "x")} onRetry={retry} />);
  expect(screen.getByRole("alert").textContent).toContain(TEXTS.errors.walletHint);
  fireEvent.click(screen.getByRole("button", { name: TEXTS.retry }));
  expect(retry).toHaveBeenCalledOnce();
});

test("the oldest proof stands for a screen, and one answer without a proof for none", () => {
  const proof = (height: number) => ({ value: 0, proof: { height, time: new Date(43_200_000) } });
  const { rerender, container } = render(<ProofLine of={[proof(1_200), proof(7)]} />);
  expect(container.textContent).toContain("Proved at block 7, 1 January 1970, ");
  rerender(<ProofLine of={[proof(7), { value: 0, proof: undefined }]} />);
  expect(container.textContent).toBe(TEXTS.proof.word);
  rerender(<ProofLine of={[proof(7), undefined]} />);
  expect(container.textContent).toBe("");
});

test("a signature is announced within the dialog that is open, since nothing else can be reached", () => {
  const signatures = new PendingSignatures();
  const signer = signatures.watched({
    authType: "ed25519",
    sender: new Uint8Array(32),
    wallet: { type: "FaceSign", address: "a", publicKey: "a" },
    sign: () => new Promise<Uint8Array>(() => undefined),
  });
  const page = (isOpen: boolean) => (
    <>
      {isOpen ? (
        <Dialog title="Ask" onClose={() => undefined}>
          <p>Sure?</p>
        </Dialog>
      ) : null}
      <SignatureBar signatures={signatures} />
    </>
  );
  const { rerender } = render(page(true));
  act(() => {
    void signer.sign("Remove a wallet\n\nPayloadType: execute");
  });
  const title = () => screen.getByText(TEXTS.signing.title);
  expect(title().closest("dialog")).toBe(screen.getByRole("dialog", { name: "Ask" }));
  rerender(page(false));
  expect(title().closest("dialog")).toBeNull();
});

test("a signature is announced with its very text until the wallet answers", async () => {
  const signatures = new PendingSignatures();
  let answer: (signature: Uint8Array) => void = () => undefined;
  const signer = signatures.watched({
    authType: "ed25519",
    sender: new Uint8Array(32),
    wallet: { type: "FaceSign", address: "a", publicKey: "a" },
    sign: () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  });
  render(<SignatureBar signatures={signatures} />);
  expect(screen.getByRole("status").textContent).toBe("");
  const text = "Remove a wallet\n\nPayloadType: execute\nPayloadDigest: 00";
  let signing: Promise<Uint8Array> | undefined;
  act(() => {
    signing = signer.sign(text);
  });
  expect(screen.getByRole("status").textContent).toContain(TEXTS.signing.title);
  expect(screen.getByText("Remove a wallet.")).toBeDefined();
  expect(screen.getByRole("status").querySelector("pre")?.textContent).toBe(text);
  await act(async () => {
    answer(new Uint8Array(1));
    await signing;
  });
  expect(screen.getByRole("status").textContent).toBe("");
});

test("what is missing in the form is said at the field, which gets the focus", () => {
  const submit = vi.fn();
  render(<SubjectForm submit="Send" isPending={false} onSubmit={submit} />);
  fireEvent.change(screen.getByLabelText(TEXTS.subject.firstName), { target: { value: "Ada" } });
  fireEvent.click(screen.getByRole("button", { name: "Send" }));
  expect(submit).not.toHaveBeenCalled();
  const family = screen.getByLabelText(TEXTS.subject.familyName);
  expect(document.activeElement).toBe(family);
  expect(family.getAttribute("aria-invalid")).toBe("true");
  const described = family.getAttribute("aria-describedby") ?? "";
  expect(document.getElementById(described)?.textContent).toBe(TEXTS.subject.faults.missing);
});
