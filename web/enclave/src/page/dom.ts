/** What an element is made with: attributes by name; listeners by `on` and the event's name. */
export type Props = Readonly<Record<string, string | boolean | ((event: Event) => void) | undefined>>;
export type Child = Node | string | undefined;

/**
 * Makes an element. Texts become text nodes and attributes are set by name, never parsed as HTML: whatever a credential
 * or a page says cannot become markup.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), value);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (typeof value === "string") {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** The element that documents of the enclave show everything in. */
export function mainElement(): HTMLElement {
  const main = document.getElementById("main");
  if (main === null) {
    throw new Error("the document has no main element");
  }
  return main;
}
