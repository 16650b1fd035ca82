import { EnclaveError } from "idos-client/enclave";
import { type Child, h } from "../page/dom.ts";
import { TEXTS } from "../texts.ts";

/** Milliseconds for which a decision cannot be clicked after the window came to the front. */
const ARM_MILLIS = 700;

/** How a screen ends. */
export interface Turn<T> {
  readonly done: (result: T) => void;
  readonly decline: () => void;
  /** Aborted when another screen is shown: what listens outside of this one stops then. */
  readonly signal: AbortSignal;
}

/** What the window shows: one screen at a time. */
export class Screen {
  readonly #main: HTMLElement;
  #shown = new AbortController();

  constructor(main: HTMLElement) {
    this.#main = main;
  }

  /** Shows a screen, and waits until it is done. Rejects with `Declined` if the person wants none of it. */
  ask<T>(title: string, build: (turn: Turn<T>) => readonly Child[]): Promise<T> {
    return new Promise((resolve, reject) => {
      const decline = () => reject(new EnclaveError("Declined", "the person said no"));
      this.#shown.abort();
      this.#shown = new AbortController();
      this.#show(title, build({ done: resolve, decline, signal: this.#shown.signal }));
    });
  }

  wait(text: string): void {
    const spinner = h("span", { class: "spinner", "aria-hidden": "true" });
    this.#shown.abort();
    this.#show(TEXTS.window, [h("p", { class: "row", role: "status" }, spinner, text)], false);
  }

  note(text: string): void {
    this.#shown.abort();
    this.#show(TEXTS.window, [h("p", { class: "notice" }, text), closing()], false);
  }

  fail(message: string): void {
    this.#shown.abort();
    this.#show(TEXTS.failed, [alert(message), closing()]);
  }

  #show(title: string, children: readonly Child[], isTitled = true): void {
    document.title = `${title} – ${TEXTS.window}`;
    const heading = isTitled ? h("h1", { tabindex: "-1" }, title) : undefined;
    const content = h(
      "div",
      { class: "stack" },
      h("p", { class: "brand" }, TEXTS.window),
      heading,
      ...children,
    );
    this.#main.replaceChildren(content);
    const first = content.querySelector<HTMLElement>("[autofocus]") ?? heading;
    first?.focus();
  }
}

function closing(): HTMLElement {
  return h("button", { class: "button", type: "button", onclick: () => window.close() }, TEXTS.close);
}

/** Who asks: always shown with what they ask. */
export function asker(origin: string, text: string): HTMLElement {
  return h("div", { class: "stack" }, h("p", { class: "asker mono" }, origin), h("p", {}, text));
}

/**
 * A button for a decision. A page can bring this window under the pointer of somebody who is about to click elsewhere,
 * so it works only after the window has been in front for a moment.
 */
export function decision(
  text: string,
  kind: "primary" | "danger",
  decided: () => void,
  signal: AbortSignal,
): HTMLButtonElement {
  const button = h("button", { class: "button", type: "button", "data-kind": kind, disabled: true }, text);
  button.addEventListener("click", (event) => {
    if (event.isTrusted) {
      decided();
    }
  });
  armed(button, signal);
  return button;
}

/**
 * Lets a button work once the window has been in front for a moment without being clicked or typed at; never while it is
 * not in front. Whoever clicks again and again, as games teach, does not get to click this.
 */
export function armed(button: HTMLButtonElement, signal: AbortSignal): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    button.disabled = true;
    if (document.visibilityState === "visible" && document.hasFocus()) {
      timer = setTimeout(() => {
        button.disabled = false;
      }, ARM_MILLIS);
    }
  };
  const again = () => {
    if (button.disabled) {
      look();
    }
  };
  for (const event of ["focus", "blur"]) {
    addEventListener(event, look, { signal });
  }
  for (const event of ["pointerdown", "keydown"]) {
    addEventListener(event, again, { signal, capture: true });
  }
  document.addEventListener("visibilitychange", look, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  look();
}

/**
 * A form that decides something, by what may be filled in already: it is not sent before its button works, so not by an
 * Enter that was meant for another window.
 */
export function decidingForm(
  text: string,
  submit: () => void,
  signal: AbortSignal,
  ...children: readonly Child[]
): HTMLFormElement {
  const button = h(
    "button",
    { class: "button", type: "submit", "data-kind": "primary", disabled: true },
    text,
  );
  armed(button, signal);
  const decided = () => {
    if (!button.disabled) {
      submit();
    }
  };
  return form(decided, ...children, button);
}

/** What went wrong, where no field is to be blamed. */
export function alert(text: string): HTMLElement {
  return h("p", { class: "notice", "data-tone": "bad", role: "alert" }, text);
}

/** The button that says no: it always works. */
export function refusal(text: string, decline: () => void): HTMLElement {
  return h("button", { class: "button", type: "button", onclick: decline }, text);
}

/** A form that is never sent: what is in it is handled here. */
export function form(submit: () => void, ...children: readonly Child[]): HTMLFormElement {
  const onsubmit = (event: Event) => {
    event.preventDefault();
    submit();
  };
  return h("form", { class: "stack", novalidate: true, onsubmit }, ...children);
}
