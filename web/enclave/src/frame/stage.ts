import type { JsonObject } from "../credential/document.ts";
import type { Examined } from "../credential/examine.ts";
import { contentsOf, titleOf } from "../credential/facts.ts";
import { dataUrl, type File } from "../credential/file.ts";
import { concernNotices } from "../page/concerns.ts";
import { h } from "../page/dom.ts";
import { fieldName, inLine, momentInWords, titleInWords, valueInWords } from "../page/wording.ts";
import { TEXTS } from "../texts.ts";
import type { OpenedAttribute } from "./opened.ts";

/** Longest value in the raw view: files would make it unreadable. */
const RAW_VALUE = 500;

/**
 * CSS pixels that the frame asks for whenever it shows something; what is longer scrolls inside. One number for
 * everything: the page sets how wide the frame is, so where lines break, and with that how high the content is, would
 * tell it how long each text is.
 */
export const SHOWN_HEIGHT = 640;

/** What the frame shows inside the page. The page learns whether there is something, and nothing else. */
export class Stage {
  readonly #element: HTMLElement;
  readonly #resize: (height: number) => void;
  #urls: readonly string[] = [];

  constructor(element: HTMLElement, resize: (height: number) => void) {
    this.#element = element;
    this.#resize = resize;
  }

  clear(): null {
    this.#replace(() => []);
    return null;
  }

  showCredential(examined: Examined, publicNotes: string | null): void {
    const { credential, issuer } = examined;
    const dates: readonly (readonly [string, Date | undefined])[] = [
      [TEXTS.view.validFrom, credential.validFrom],
      [TEXTS.view.validUntil, credential.validUntil],
    ];
    const about = [
      fact(TEXTS.view.issuer, inLine(issuer.name ?? issuer.id ?? "–")),
      ...dates.map(([label, date]) => (date === undefined ? [] : fact(label, momentInWords(date)))),
    ].flat();
    const { facts, files } = contentsOf(credential);
    this.#replace(() => [
      h(
        "article",
        { class: "card stack shown", tabindex: "0" },
        h(
          "header",
          { class: "row" },
          h("h2", {}, titleInWords(titleOf(examined, publicNotes))),
          examined.isVouched
            ? h("span", { class: "badge", "data-tone": "good" }, TEXTS.share.vouched)
            : undefined,
        ),
        examined.refusal === undefined
          ? undefined
          : h("p", { class: "notice", "data-tone": "bad" }, examined.refusal),
        ...concernNotices(examined.concerns),
        h("dl", { class: "facts" }, ...about),
        h("hr", { class: "rule" }),
        h(
          "dl",
          { class: "facts" },
          ...facts.flatMap(([name, value]) => fact(fieldName(name), valueInWords(value, name))),
        ),
        files.length === 0
          ? undefined
          : h("div", { class: "grid" }, ...files.map(([name, file]) => this.#file(name, file))),
        h(
          "details",
          {},
          h("summary", {}, TEXTS.view.raw),
          h("pre", { class: "raw", tabindex: "0" }, raw(credential.document)),
        ),
      ),
    ]);
  }

  /** Names and values are the person's own words: they stay as they were typed. */
  showAttributes(attributes: readonly OpenedAttribute[]): void {
    const rows = attributes.flatMap(([key, value]) =>
      value === undefined ? unreadable(inLine(key)) : fact(inLine(key), value),
    );
    this.#replace(() => [
      h(
        "article",
        { class: "card shown", tabindex: "0" },
        rows.length === 0 ? TEXTS.view.empty : h("dl", { class: "facts" }, ...rows),
      ),
    ]);
  }

  /** What is built may make URLs of files: those of what was there before are revoked first. */
  #replace(build: () => readonly HTMLElement[]): void {
    for (const url of this.#urls) {
      URL.revokeObjectURL(url);
    }
    this.#urls = [];
    this.#element.replaceChildren(...build());
    this.#resize(this.#element.childElementCount === 0 ? 0 : SHOWN_HEIGHT);
  }

  #file(name: string, file: File): HTMLElement {
    const label = fieldName(name);
    if (file.type !== "application/pdf") {
      return h(
        "figure",
        { class: "picture" },
        h("img", { src: dataUrl(file), alt: label }),
        h("figcaption", { class: "small muted" }, label),
      );
    }
    const url = URL.createObjectURL(new Blob([new Uint8Array(file.bytes)], { type: file.type }));
    this.#urls = [...this.#urls, url];
    return h(
      "div",
      { class: "stack" },
      h("span", {}, label),
      h("a", { class: "button", href: url, download: `${fileName(name)}.pdf` }, TEXTS.view.pdf),
    );
  }
}

/** What the issuer calls a field, as a name that no system of files takes for anything else. */
function fileName(name: string): string {
  return inLine(name).replace(/[^\p{L}\p{N}.-]+/gu, "_");
}

function fact(label: string, value: string): readonly HTMLElement[] {
  return [h("dt", {}, label), h("dd", {}, value)];
}

function unreadable(label: string): readonly HTMLElement[] {
  return [h("dt", {}, label), h("dd", { class: "muted" }, TEXTS.view.unreadable)];
}

function raw(document: JsonObject): string {
  const short = (_: string, value: unknown) =>
    typeof value === "string" && value.length > RAW_VALUE
      ? `${value.slice(0, RAW_VALUE)}… (${value.length})`
      : value;
  return JSON.stringify(document, short, 2);
}
