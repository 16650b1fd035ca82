import { RecoveryWords, RecoveryWordsError } from "idos-crypto";
import { TEXTS } from "../texts.ts";
import { area, type Field } from "./fields.ts";

/** A field for recovery words. What is typed stays in it: one wrong letter does not cost all of them. */
export interface WordsField extends Field<HTMLTextAreaElement> {
  /** The words, to be wiped; undefined if these are none, and then the field says why. */
  readonly read: () => RecoveryWords | undefined;
}

export function wordsField(): WordsField {
  const attributes = { rows: "5", autocomplete: "off", autocapitalize: "none", spellcheck: "false" };
  const made = area(TEXTS.words.label, { ...attributes, autofocus: true }, "", TEXTS.words.hint);
  const read = () => {
    try {
      const words = RecoveryWords.parse(made.input.value);
      made.complain();
      return words;
    } catch (error) {
      if (!(error instanceof RecoveryWordsError)) {
        throw error;
      }
      made.complain(faultOf(error));
      return undefined;
    }
  };
  return { ...made, read };
}

function faultOf({ reason, number = 0 }: RecoveryWordsError): string {
  const { count, unknown, checksum, tooLong } = TEXTS.words.faults;
  switch (reason) {
    case "Count":
      return count(number);
    case "Unknown":
      return unknown(number);
    case "Checksum":
      return checksum;
    case "TooLong":
      return tooLong;
  }
}
