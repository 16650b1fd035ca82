// @vitest-environment happy-dom
// What the page around the frame learns of what is shown in it.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { examine } from "../../src/credential/examine.ts";
import { SHOWN_HEIGHT, Stage } from "../../src/frame/stage.ts";
import { TEXTS } from "../../src/texts.ts";

let main: HTMLElement;

beforeEach(() => {
  main = document.createElement("main");
  document.body.replaceChildren(main);
  // As high as its text is long, like lines that break.
  vi.spyOn(main, "getBoundingClientRect").mockImplementation(
    () => new DOMRect(0, 0, 300, main.textContent?.length ?? 0),
  );
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("the height does not tell how much is shown, nor does it follow the width that the page sets", () => {
  const observed = vi.fn();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe = observed;
    },
  );
  const heights: number[] = [];
  const stage = new Stage(main, (height) => heights.push(height));
  stage.showAttributes([["email", "a@b.example"]]);
  stage.showAttributes([["email", `${"a".repeat(900)}@b.example`]]);
  stage.showAttributes([]);
  stage.clear();
  expect(heights).toEqual([SHOWN_HEIGHT, SHOWN_HEIGHT, SHOWN_HEIGHT, 0]);
  expect(observed).not.toHaveBeenCalled();
});

test("a value that could not be opened is named beside those that could", () => {
  new Stage(main, () => undefined).showAttributes([
    ["email", "a@b.example"],
    ["phoneNumber", undefined],
  ]);
  expect([...main.querySelectorAll("dt, dd")].map(({ textContent }) => textContent)).toEqual([
    "email",
    "a@b.example",
    "phoneNumber",
    TEXTS.view.unreadable,
  ]);
});

test("what a person typed of themselves stays as they typed it", () => {
  new Stage(main, () => undefined).showAttributes([
    ["IBAN", "true"],
    ["E-Mail-Adresse für Freunde", "2001-02-03"],
    ["home.country", "DE"],
  ]);
  expect([...main.querySelectorAll("dt, dd")].map(({ textContent }) => textContent)).toEqual([
    "IBAN",
    "true",
    "E-Mail-Adresse für Freunde",
    "2001-02-03",
    "home.country",
    "DE",
  ]);
});

test("an issuer whom nobody lists does not turn or fill what is shown", () => {
  const issuer = `did:web:\u202e${"a".repeat(5_000)}.example`;
  const document = { issuer, credentialSubject: { "na\u202eme": "Ada" } };
  new Stage(main, () => undefined).showCredential(examine(document, null, [], new Date()), null);
  expect(main.querySelector("dd")?.textContent).toBe(
    `did:web:\\u{202e}${"a".repeat(41)}…${"a".repeat(42)}.example`,
  );
  expect(main.textContent).toContain("Na\\u{202e}me");
});

test("what is shown can have the focus, so that keys scroll it", () => {
  new Stage(main, () => undefined).showAttributes([["email", "a@b.example"]]);
  expect(main.querySelector<HTMLElement>("article")?.tabIndex).toBe(0);
});

test("what an issuer calls a field does not turn or lead the name of its file", () => {
  vi.stubGlobal("URL", { createObjectURL: () => "blob:x", revokeObjectURL: () => undefined });
  const pdf = `data:application/pdf;base64,${btoa("%PDF-1.7")}`;
  const document = { credentialSubject: { "../a\u202efdp résumé": pdf } };
  new Stage(main, () => undefined).showCredential(examine(document, null, [], new Date()), null);
  expect(main.querySelector("a")?.download).toBe(".._a_u_202e_fdp_résumé.pdf");
});
