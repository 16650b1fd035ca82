// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { type Attribute, WalletError } from "idos-client";
import { afterEach, expect, test, vi } from "vitest";
import { AttributeDialog } from "../../src/components/attribute-dialog.tsx";
import { Attributes } from "../../src/routes/attributes.tsx";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { RING } from "../support/ring.ts";
import { type Played, SignedIn } from "../support/signed-in.tsx";

afterEach(cleanup);

const PROFILE = { id: "u", encryptionPublicKey: "key", passwordStore: "user" } as const;
const attribute = (value: string): Attribute => ({
  id: "1",
  userId: "u",
  key: "email",
  value,
  inserter: null,
  originalId: null,
});
const texts = TEXTS.attributes;

function open(edited: Attribute | undefined, enclave: Played = {}) {
  const { person, attributes } = fakePerson({ profile: PROFILE, keyRing: RING });
  if (edited !== undefined) {
    attributes.push(edited);
  }
  const done = vi.fn();
  render(
    <SignedIn person={person} enclave={enclave}>
      <AttributeDialog attribute={edited} others={attributes} onDone={done} onClose={() => undefined} />
    </SignedIn>,
  );
  return { person, attributes, done };
}

const nameField = () => screen.getByLabelText(texts.key) as HTMLInputElement;

test("the name of a sealed value stays, and the dialog says why", async () => {
  const editAttribute = vi.fn(async () => ({ id: "1", key: "email", value: "idos:box:new" }));
  const { attributes, done } = open(attribute("idos:box:old"), { editAttribute });
  expect(nameField().readOnly).toBe(true);
  const hint = document.getElementById(nameField().getAttribute("aria-describedby") ?? "");
  expect(hint?.textContent).toBe(texts.keyFixed);
  const action = screen.getByRole("button", { name: texts.addSealed }) as HTMLButtonElement;
  await waitFor(() => expect(action.disabled).toBe(false));
  fireEvent.click(action);
  await waitFor(() => expect(done).toHaveBeenCalledOnce());
  // The enclave opens what there was; locked keys are unlocked in the same window.
  expect(editAttribute).toHaveBeenCalledExactlyOnceWith({
    holder: { userId: "u", encryptionPublicKey: "key", keyRing: RING },
    id: "1",
    key: "email",
    value: "idos:box:old",
  });
  expect(attributes.find((it) => it.id === "1")).toMatchObject({ key: "email", value: "idos:box:new" });
});

test("plain values and new ones can be named", () => {
  open(attribute("ada@example.org"));
  expect(nameField().readOnly).toBe(false);
  cleanup();
  open(undefined);
  expect(nameField().readOnly).toBe(false);
  fireEvent.change(nameField(), { target: { value: "idos:x" } });
  expect(screen.getByText(texts.faults.reserved)).toBeDefined();
});

test("a plain value of several lines keeps them when it is edited", async () => {
  const { attributes, done } = open(attribute("Rua do Salitre 1\n1269-052 Lisboa"));
  const field = screen.getByLabelText(texts.value) as HTMLTextAreaElement;
  expect(field.tagName).toBe("TEXTAREA");
  expect(field.value).toBe("Rua do Salitre 1\n1269-052 Lisboa");
  // It stays that field when its lines are joined, so that typing goes on in it.
  fireEvent.change(field, { target: { value: "Rua do Salitre 1" } });
  expect(screen.getByLabelText(texts.value)).toBe(field);
  fireEvent.change(field, { target: { value: "Rua do Salitre 2\n1269-052 Lisboa" } });
  fireEvent.click(screen.getByLabelText(texts.plainConfirm));
  fireEvent.click(screen.getByRole("button", { name: texts.addPlain }));
  await waitFor(() => expect(done).toHaveBeenCalledOnce());
  expect(attributes.find((it) => it.id === "1")?.value).toBe("Rua do Salitre 2\n1269-052 Lisboa");
  cleanup();
  open(attribute("ada@example.org"));
  expect(screen.getByLabelText(texts.value).tagName).toBe("INPUT");
});

test("what was typed in the enclave is not typed again because the wallet refused", async () => {
  const editAttribute = vi.fn(async ({ key }: { key: string }) => ({
    id: "1",
    key,
    value: `idos:box:${key}`,
  }));
  const { person, attributes, done } = open(undefined, { editAttribute });
  const add = vi.spyOn(person, "addAttribute").mockRejectedValueOnce(new WalletError("Rejected", "x"));
  const press = async (name: string) => {
    const action = screen.getByRole("button", { name }) as HTMLButtonElement;
    await waitFor(() => expect(action.disabled).toBe(false));
    fireEvent.click(action);
  };
  fireEvent.change(nameField(), { target: { value: "email" } });
  await press(texts.addSealed);
  await screen.findByText(TEXTS.errors.wallet);
  await press(texts.storeTyped);
  await waitFor(() => expect(done).toHaveBeenCalledOnce());
  expect(editAttribute).toHaveBeenCalledOnce();
  expect(attributes.at(-1)).toMatchObject({ key: "email", value: "idos:box:email" });

  // It is bound to its name, and whoever wants to types it anew.
  add.mockRejectedValue(new WalletError("Rejected", "x"));
  fireEvent.change(nameField(), { target: { value: "phone" } });
  await press(texts.addSealed);
  await waitFor(() => expect(editAttribute).toHaveBeenCalledTimes(2));
  await screen.findByRole("button", { name: texts.storeTyped });
  fireEvent.click(screen.getByRole("button", { name: texts.typeAnew }));
  await press(texts.addSealed);
  await waitFor(() => expect(editAttribute).toHaveBeenCalledTimes(3));
});

test("what was closed while it was stored closes no dialog that was opened since", async () => {
  const { person } = fakePerson({ profile: PROFILE, keyRing: RING });
  let store = () => {};
  person.addAttribute = () =>
    new Promise((resolve) => {
      store = () => resolve({ id: "1", hash: "aa", log: "", node: "n" });
    });
  render(
    <SignedIn person={person}>
      <Attributes />
    </SignedIn>,
  );
  await screen.findByText(texts.empty);
  const add = () => fireEvent.click(screen.getByRole("button", { name: texts.add }));
  add();
  fireEvent.change(nameField(), { target: { value: "email" } });
  fireEvent.click(screen.getByLabelText(texts.plainOption));
  fireEvent.click(screen.getByLabelText(texts.plainConfirm));
  fireEvent.change(screen.getByLabelText(texts.value), { target: { value: "ada@example.org" } });
  fireEvent.click(screen.getByRole("button", { name: texts.addPlain }));
  await waitFor(() =>
    expect(screen.getByRole("button", { name: texts.addPlain })).toHaveProperty("disabled", true),
  );
  fireEvent.click(screen.getByRole("button", { name: TEXTS.close }));
  add();
  fireEvent.change(nameField(), { target: { value: "phone" } });
  store();
  await screen.findByText(texts.saved);
  expect(nameField().value).toBe("phone");
});
