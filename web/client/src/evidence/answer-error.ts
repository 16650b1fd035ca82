import { type Fault, IdosError } from "../errors.ts";

/** Why an answer is not believed although its certificate holds. */
export type AnswerReason =
  /** The certificate is of another height than the node says. */
  | "Height"
  /** A claim is missing. */
  | "Missing"
  /** The grant permitted it when the certified block was made, and has ended since, by this machine's clock. */
  | "Ended"
  /** There are more claims than the question needs. */
  | "Superfluous"
  /** A claim is about another list than the one in question: another person's, for instance. */
  | "OtherList"
  /** A claim of this kind does not answer the question. */
  | "Kind"
  /** The numbers of rows and elements do not fit the claim's kind. */
  | "Shape"
  /** A claim has more rows than an answer has. */
  | "TooMany"
  /** A claim tells only how long a list is of which it has to show all. */
  | "TooFew"
  /** A claim tells how long a list is, and not as many rows follow as are on the page. */
  | "PartOfPage"
  /** A row cannot be read; the cause says why. */
  | "Row"
  /** A claim shows another row than the one in question. */
  | "OtherRow"
  /** A proof cannot be read; the cause says why. */
  | "Proof"
  /** A proof does not prove its claim; the cause says why. */
  | "NotProved";

/**
 * An answer does not say the truth about the certified state: the node is at fault. Of a grant that has `Ended` it does,
 * but this machine's clock is ahead of the block.
 */
export class AnswerError extends IdosError {
  override readonly name = "AnswerError";
  override readonly fault: Fault;
  override readonly reason: AnswerReason;
  /** Which claim, from 1; 0 if it is none in particular. */
  readonly claim: number;

  constructor(reason: AnswerReason, claim: number, message: string, options?: ErrorOptions) {
    super(claim > 0 ? `claim ${claim} of the node's answer: ${message}` : message, options);
    this.fault = reason === "Ended" ? "clock" : "node";
    this.reason = reason;
    this.claim = claim;
  }
}
