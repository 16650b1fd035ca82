// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type Signer, WalletError } from "idos-client";
import { createRef, useState } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { Dialog } from "../../src/components/dialog.tsx";
import { EnclaveAction } from "../../src/components/enclave-action.tsx";
import { EnclaveFrame } from "../../src/components/enclave-frame.tsx";
import { ErrorNotice } from "../../src/components/error-notice.tsx";
import { useFocusKept } from "../../src/components/focus.ts";
import { Paged } from "../../src/components/paged.tsx";
import { ProofLine } from "../../src/components/proof-line.tsx";
import { Screen } from "../../src/components/screen.tsx";
import { Search } from "../../src/components/search.tsx";
import { SignatureBar } from "../../src/components/signature-bar.tsx";
import { NOTHING_TYPED, SubjectForm } from "../../src/components/subject-form.tsx";
import { PORTRAIT_BYTES } from "../../src/limits.ts";
import { errorText } from "../../src/rules/error-text.ts";
import { PendingSignatures } from "../../src/session/watched-signer.ts";
import { TEXTS } from "../../src/texts.ts";
import { transactionText } from "../support/signed-texts.ts";

afterEach(cleanup);

const signerBy = (sign: Signer["sign"]): Signer => ({
  authType: "ed25519",
  sender: new Uint8Array(32),
  wallet: { type: "FaceSign", address: "a", publicKey: "a" },
  sign,
});

test("a failure says what to do, and can be tried again", () => {
  const retry = vi.fn();
  render(<ErrorNotice error={new WalletError("Rejected", "x")} onRetry={retry} />);
  expect(screen.getByRole("alert").textContent).toContain(TEXTS.errors.walletHint);
  fireEvent.click(screen.getByRole("button", { name: TEXTS.retry }));
  expect(retry).toHaveBeenCalledOnce();
});

test("a dialog that closes gives the focus back, and to the heading if what opened it goes too", async () => {
  const page = (isOpen: boolean, hasOpener: boolean) => (
    <Screen title="Here">{hasOpener ? <Opener isOpen={isOpen} /> : null}</Screen>
  );
  const Opener = ({ isOpen }: { readonly isOpen: boolean }) => {
    const item = useFocusKept<HTMLDivElement>();
    return (
      <div ref={item}>
        <button type="button">Ask</button>
        {isOpen ? (
          <Dialog title="Sure?" onClose={() => undefined}>
            <button type="button">Yes</button>
          </Dialog>
        ) : null}
      </div>
    );
  };
  const { rerender } = render(page(false, true));
  const opener = screen.getByRole("button", { name: "Ask" });
  const heading = screen.getByRole("heading", { level: 1 });
  const yes = () => screen.getByRole("button", { name: "Yes" });
  // Browsers give the focus back only from a dialog that is still in the page.
  const close = vi.spyOn(HTMLDialogElement.prototype, "close").mockImplementation(function close(
    this: HTMLDialogElement,
  ) {
    expect(this.isConnected).toBe(true);
  });
  opener.focus();
  rerender(page(true, true));
  yes().focus();
  rerender(page(false, true));
  await vi.waitFor(() => expect(document.activeElement).toBe(opener));
  rerender(page(true, true));
  yes().focus();
  rerender(page(false, false));
  await vi.waitFor(() => expect(document.activeElement).toBe(heading));
  expect(close).toHaveBeenCalledTimes(2);
  close.mockRestore();
  // It may also go later, when the page has learnt that it is gone.
  rerender(page(false, true));
  screen.getByRole("button", { name: "Ask" }).focus();
  rerender(page(false, false));
  await vi.waitFor(() => expect(document.activeElement).toBe(heading));
});

test("who has to go on in the enclave's window is told so for as long as it takes", () => {
  const shown = (isPending: boolean, more: object = {}) => {
    const action = { isPending, isError: false, error: null, mutate: () => undefined };
    const props = { action: action as never, given: undefined, ...more };
    return <EnclaveAction {...props}>Open</EnclaveAction>;
  };
  const { rerender } = render(shown(true));
  expect(screen.getByRole("status").textContent).toBe(TEXTS.enclave.goOn);
  rerender(shown(false));
  expect(screen.queryByRole("status")).toBeNull();
  rerender(shown(true, { opensWindow: false }));
  expect(screen.queryByRole("status")).toBeNull();
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
  const { signer, end } = signatures.watched(signerBy(() => new Promise(() => undefined)));
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
    signer.sign("Remove a wallet\n\nPayloadType: execute").catch(() => undefined);
  });
  const title = () => screen.getByText(TEXTS.signing.title);
  expect(title().closest("dialog")).toBe(screen.getByRole("dialog", { name: "Ask" }));
  rerender(page(false));
  expect(title().closest("dialog")).toBeNull();
  act(end);
});

test("a signature is announced beside the enclave's frame while that is open, and not over it", async () => {
  const signatures = new PendingSignatures();
  const { signer, end } = signatures.watched(signerBy(() => new Promise(() => undefined)));
  const container = createRef<HTMLDivElement>();
  const onClose = vi.fn();
  render(
    <>
      <EnclaveFrame container={container} title="Passport" onClose={onClose} />
      <SignatureBar signatures={signatures} />
    </>,
  );
  const frame = document.createElement("iframe");
  container.current?.append(frame);
  const want = (height: number) =>
    act(async () => {
      frame.style.height = `${height}px`;
      await new Promise((resolve) => setTimeout(resolve));
    });
  act(() => {
    signer.sign("x").catch(() => undefined);
  });
  const bar = () => screen.getByText(TEXTS.signing.title);
  expect(bar().closest("dialog")).toBeNull();
  await want(640);
  expect(bar().closest("dialog")).toBe(screen.getByRole("dialog", { name: "Passport" }));
  // In a place of its own behind the frame's.
  expect(container.current?.contains(bar())).toBe(false);
  expect(bar().closest(".enclave-frame-notices")?.previousElementSibling).toBe(container.current);
  // Closed by the person first, and then, opened again, by the enclave.
  await act(async () => fireEvent.click(screen.getByText(TEXTS.close)));
  expect(onClose).toHaveBeenCalledOnce();
  expect(bar().closest("dialog")).toBeNull();
  await want(0);
  await want(640);
  expect(bar().closest("dialog")).not.toBeNull();
  await want(0);
  expect(bar().closest("dialog")).toBeNull();
  act(end);
});

test("a signature is announced with its very text until the wallet answers", async () => {
  const signatures = new PendingSignatures();
  let answer: (signature: Uint8Array) => void = () => undefined;
  const { signer } = signatures.watched(
    signerBy(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    ),
  );
  render(<SignatureBar signatures={signatures} />);
  expect(screen.getByRole("status").textContent).toBe("");
  const text = await transactionText();
  let signing: Promise<Uint8Array> | undefined;
  act(() => {
    signing = signer.sign(text);
  });
  expect(screen.getByRole("status").textContent).toContain(TEXTS.signing.title);
  expect(screen.getByText("Remove a wallet from idOS.")).toBeDefined();
  expect(screen.getByRole("status").querySelector("pre")?.textContent).toBe(text);
  await act(async () => {
    answer(new Uint8Array(1));
    await signing;
  });
  expect(screen.getByRole("status").textContent).toBe("");
});

test("who stops waiting sees the next signature, and a late answer goes nowhere", async () => {
  const signatures = new PendingSignatures();
  const answers: ((signature: Uint8Array) => void)[] = [];
  const sign = () => new Promise<Uint8Array>((resolve) => answers.push(resolve));
  const { signer } = signatures.watched(signerBy(sign));
  render(<SignatureBar signatures={signatures} />);
  const bar = screen.getByRole("status");
  const outcomes: unknown[] = [];
  await act(async () => {
    for (const text of ["First", "Second"].map((it) => `${it}\n\nPayloadType: execute\nPayloadDigest: 00`)) {
      signer.sign(text).then(
        () => outcomes.push(text),
        (error: unknown) => outcomes.push(errorText(error)),
      );
    }
  });
  expect(bar.textContent).toContain("First.");
  expect(bar.textContent).toContain(TEXTS.signing.first(2));
  const stop = screen.getByText(TEXTS.signing.giveUp);
  await act(async () => fireEvent.click(stop));
  expect(bar.textContent).toContain("Second.");
  // A second click of somebody in a hurry is not for the next one.
  await act(async () => fireEvent.click(stop));
  expect(bar.textContent).toContain("Second.");
  expect(bar.textContent).not.toContain("1 of");
  const { unchanged, walletGivenUp: title, walletGivenUpHint } = TEXTS.errors;
  const givenUp = { title, detail: `${unchanged} ${walletGivenUpHint}` };
  expect(outcomes).toEqual([givenUp]);
  await act(async () => answers[0]?.(new Uint8Array(1)));
  expect(bar.textContent).toContain("Second.");
  expect(outcomes).toEqual([givenUp]);
});

test("of a wallet that somebody left nothing is awaited, and nothing is asked any more", async () => {
  const signatures = new PendingSignatures();
  const sign = vi.fn(() => new Promise<Uint8Array>(() => undefined));
  const { signer, end } = signatures.watched(signerBy(sign));
  const other = signatures.watched(signerBy(sign));
  const first = expect(signer.sign("first")).rejects.toMatchObject({ reason: "GivenUp" });
  void other.signer.sign("other");
  end();
  await first;
  const shown = vi.fn();
  signatures.subscribe(shown);
  await expect(signer.sign("second")).rejects.toMatchObject({ reason: "GivenUp" });
  expect(shown).not.toHaveBeenCalled();
  expect(sign.mock.calls).toEqual([["first"], ["other"]]);
  expect(signatures.current().map(({ text }) => text)).toEqual(["other"]);
});

test("what is missing in the form is said at the field, which gets the focus", () => {
  const submit = vi.fn();
  function Shown() {
    const [typed, setTyped] = useState(NOTHING_TYPED);
    return <SubjectForm typed={typed} onType={setTyped} submit="Send" isPending={false} onSubmit={submit} />;
  }
  render(<Shown />);
  fireEvent.change(screen.getByLabelText(TEXTS.subject.firstName), { target: { value: "Ada" } });
  fireEvent.click(screen.getByRole("button", { name: "Send" }));
  expect(submit).not.toHaveBeenCalled();
  const family = screen.getByLabelText(TEXTS.subject.familyName);
  expect(document.activeElement).toBe(family);
  expect(family.getAttribute("aria-invalid")).toBe("true");
  const described = family.getAttribute("aria-describedby") ?? "";
  expect(document.getElementById(described)?.textContent).toBe(TEXTS.subject.faults.missing);
});

test("a portrait may be as large as the issuer takes it, and no larger", async () => {
  const submit = vi.fn();
  const typed = {
    ...NOTHING_TYPED,
    firstName: "Ada",
    familyName: "Lovelace",
    dateOfBirth: "1990-04-30",
    nationality: "PT",
    idDocumentCountry: "PT",
    idDocumentNumber: "P1",
  };
  render(
    <SubjectForm typed={typed} onType={() => undefined} submit="Send" isPending={false} onSubmit={submit} />,
  );
  const portrait = screen.getByLabelText(TEXTS.subject.portrait);
  const choose = (bytes: number) => {
    const file = new File([new Uint8Array(bytes)], "portrait.png", { type: "image/png" });
    fireEvent.change(portrait, { target: { files: [file] } });
  };
  const send = () => fireEvent.click(screen.getByRole("button", { name: "Send" }));
  choose(PORTRAIT_BYTES + 1);
  expect(screen.getByText(TEXTS.subject.faults.portrait)).toBeDefined();
  send();
  expect(submit).not.toHaveBeenCalled();
  choose(PORTRAIT_BYTES);
  expect(screen.queryByText(TEXTS.subject.faults.portrait)).toBeNull();
  // The file is read before it can be sent.
  await vi.waitFor(() => {
    send();
    expect(submit).toHaveBeenLastCalledWith(
      expect.objectContaining({ portrait: expect.stringMatching(/^data:image\/png;base64,A/) }),
    );
  });
});

test("a long list has pages, and what a search leaves of it has fewer", () => {
  const list = (count: number) => (
    <Paged items={Array.from({ length: count }, (_, at) => at)}>
      {(shown) => <p data-testid="shown">{`${shown[0]}-${shown.at(-1)}`}</p>}
    </Paged>
  );
  const shown = () => screen.getByTestId("shown").textContent;
  const { rerender } = render(list(50));
  expect(shown()).toBe("0-23");
  const next = screen.getByRole("button", { name: TEXTS.received.next });
  fireEvent.click(next);
  fireEvent.click(next);
  expect([shown(), next]).toEqual(["48-49", expect.objectContaining({ disabled: true })]);
  rerender(list(30));
  expect(shown()).toBe("24-29");
  rerender(list(24));
  expect(shown()).toBe("0-23");
  expect(screen.queryByRole("navigation")).toBeNull();
});

test("a short list is not searched, but what was typed while it was longer can be cleared", () => {
  const clear = vi.fn();
  const shown = (of: number, value: string) => <Search of={of} hint="What?" value={value} onChange={clear} />;
  const { rerender } = render(shown(4, "bank"));
  rerender(shown(3, "bank"));
  fireEvent.change(screen.getByRole("searchbox"), { target: { value: "" } });
  expect(clear).toHaveBeenCalledExactlyOnceWith("");
  rerender(shown(3, ""));
  expect(screen.queryByRole("searchbox")).toBeNull();
});

/** A question within a dialog, that takes away what asked it. */
function Nested({ onClose }: { readonly onClose: () => void }) {
  const [step, setStep] = useState<"here" | "asked" | "gone">("here");
  return (
    <Dialog title="Outer" onClose={onClose}>
      {step === "gone" ? null : (
        <button type="button" onClick={() => setStep("asked")}>
          Forget
        </button>
      )}
      {step === "asked" ? (
        <Dialog title="Inner" onClose={() => setStep("here")}>
          <button type="button" onClick={() => setStep("gone")}>
            Yes
          </button>
        </Dialog>
      ) : null}
    </Dialog>
  );
}

test("of two dialogs one closes at a time, and what has the focus then lies within the other", async () => {
  const close = vi.fn();
  render(
    <Screen title="Here">
      <Nested onClose={close} />
    </Screen>,
  );
  const ask = () => {
    const opener = screen.getByRole("button", { name: "Forget" });
    opener.focus();
    fireEvent.click(opener);
  };
  ask();
  // As React has it: the browser's own event does not bubble, and what it is handed on as does.
  const cancel = (name: string) =>
    fireEvent(screen.getByRole("dialog", { name }), new Event("cancel", { bubbles: true, cancelable: true }));
  cancel("Inner");
  expect(screen.queryByRole("dialog", { name: "Inner" })).toBeNull();
  expect(close).not.toHaveBeenCalled();
  ask();
  const yes = screen.getByRole("button", { name: "Yes" });
  yes.focus();
  fireEvent.click(yes);
  await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Outer" })));
  cancel("Outer");
  expect(close).toHaveBeenCalledOnce();
});
