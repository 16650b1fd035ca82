import { Password } from "idos-crypto";
import { NEW_PASSWORD_CHARACTERS, NEW_PASSWORD_DIFFERENT_CHARACTERS } from "../limits.ts";
import { h } from "../page/dom.ts";
import { TEXTS } from "../texts.ts";

const DEFAULT_IDLE = "15";
let fields = 0;

type Input = HTMLInputElement | HTMLTextAreaElement;
type Attributes = Readonly<Record<string, string | boolean>>;

/** A labelled input with room for what is wrong with it. */
export interface Field<It extends Input = HTMLInputElement> {
  readonly element: HTMLElement;
  readonly input: It;
  /** Says what is wrong, and goes there; without a text nothing is. */
  readonly complain: (text?: string) => void;
}

/** A field of one line. */
export function field(label: string, attributes: Attributes, hint?: string): Field {
  return labelled(label, (own) => h("input", { class: "input", ...own, ...attributes }), hint);
}

/** A field of several lines. */
export function area(
  label: string,
  attributes: Attributes,
  value: string,
  hint?: string,
): Field<HTMLTextAreaElement> {
  return labelled(label, (own) => h("textarea", { class: "input", ...own, ...attributes }, value), hint);
}

function labelled<It extends Input>(label: string, make: (own: Attributes) => It, hint?: string): Field<It> {
  fields += 1;
  const [id, errorId, hintId] = [`field-${fields}`, `error-${fields}`, `hint-${fields}`];
  const describedBy = hint === undefined ? errorId : `${hintId} ${errorId}`;
  const input = make({ id, "aria-describedby": describedBy });
  const error = h("p", { class: "field-error", id: errorId, "aria-live": "polite" });
  const element = h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    hint === undefined ? undefined : h("span", { class: "small muted", id: hintId }, hint),
    input,
    error,
  );
  const complain = (text = "") => {
    error.textContent = text;
    if (text === "") {
      input.removeAttribute("aria-invalid");
      return;
    }
    input.setAttribute("aria-invalid", "true");
    input.focus();
  };
  return { element, input, complain };
}

/** A field for a password, which can be looked at. */
export function passwordField(label: string, isNew: boolean, hint?: string): Field {
  const autocomplete = isNew ? "new-password" : "current-password";
  const made = field(
    label,
    { type: "password", autocomplete, autocapitalize: "none", spellcheck: "false" },
    hint,
  );
  const toggle = h(
    "button",
    {
      class: "button",
      type: "button",
      "aria-pressed": "false",
      onclick: () => {
        const isHidden = made.input.type === "password";
        made.input.type = isHidden ? "text" : "password";
        toggle.setAttribute("aria-pressed", String(isHidden));
        toggle.textContent = isHidden ? TEXTS.hide : TEXTS.show;
      },
    },
    TEXTS.show,
  );
  const row = h("div", { class: "password" });
  made.input.replaceWith(row);
  row.append(made.input, toggle);
  // What cannot be seen is typed anew.
  const complain = (text?: string) => {
    made.complain(text);
    if (text !== undefined) {
      made.input.select();
    }
  };
  return { ...made, complain };
}

/** Two fields for a new password, and the password once both are good. */
export function newPasswordFields(label: string): {
  readonly elements: readonly HTMLElement[];
  readonly read: () => Password | undefined;
} {
  const first = passwordField(label, true, TEXTS.create.rule);
  const second = passwordField(TEXTS.passwordAgain, true);
  const read = () => {
    const fault = faultOf(first.input.value);
    first.complain(fault);
    if (fault !== undefined) {
      return undefined;
    }
    const isSame = first.input.value === second.input.value;
    second.complain(isSame ? undefined : TEXTS.passwordFaults.differ);
    if (!isSame) {
      return undefined;
    }
    const password = new Password(first.input.value);
    first.input.value = "";
    second.input.value = "";
    return password;
  };
  return { elements: [first.element, second.element], read };
}

/** What is wrong with a new password; how often it can be tried is for Argon2id to bound. */
export function faultOf(typed: string): string | undefined {
  const characters = [...typed];
  if (characters.length < NEW_PASSWORD_CHARACTERS) {
    return TEXTS.passwordFaults.short;
  }
  return new Set(characters).size < NEW_PASSWORD_DIFFERENT_CHARACTERS
    ? TEXTS.passwordFaults.common
    : undefined;
}

/** For password managers: which profile a password is of. */
export function userField(userId: string): HTMLInputElement {
  return h("input", {
    type: "text",
    name: "username",
    autocomplete: "username",
    value: userId,
    hidden: true,
  });
}

/** For how long keys stay unlocked, in minutes. */
export function idleField(): { readonly element: HTMLElement; readonly minutes: () => number } {
  const options = Object.entries(TEXTS.idleChoices).map(([minutes, text]) =>
    h("option", { value: minutes, selected: minutes === DEFAULT_IDLE }, text),
  );
  const select = h("select", { class: "input", id: "idle" }, ...options);
  const element = h("div", { class: "field" }, h("label", { for: "idle" }, TEXTS.idle), select);
  return { element, minutes: () => Number(select.value) };
}
