// Every text that people read in the enclave.
import type { FactorKind } from "idos-client/enclave";
import type { Concern } from "./credential/examine.ts";
import { NEW_PASSWORD_CHARACTERS } from "./limits.ts";

/** The language of the texts, and how dates are written in it: as in the dashboard. */
export const LOCALE = "en-GB";

const KINDS: Readonly<Record<FactorKind, string>> = {
  password: "password",
  passkey: "passkey",
  words: "set of recovery words",
};

function many(kind: FactorKind): string {
  return kind === "words" ? "sets of recovery words" : `${kind}s`;
}

export const TEXTS = {
  notAPage: "This is the enclave of idOS. It works inside pages that use idOS, and shows nothing by itself.",
  framed: "This window has been put inside another page. Close that page: it is not to be trusted.",
  alone: "This window belongs to a page that is no longer there. Close it, and try again from that page.",
  waiting: "One moment…",
  close: "Close",
  cancel: "Cancel",
  next: "Continue",
  asks: "asks",
  failed: "That did not work",
  window: "idOS enclave",
  yourKeys:
    "Your keys stay in this window and its frame. The page never sees them, nor what is in your data.",

  idle: "Lock when nothing happens for",
  idleChoices: { 5: "5 minutes", 15: "15 minutes", 60: "1 hour", 240: "4 hours" } as Readonly<
    Record<string, string>
  >,
  firstTime: "You have not used your keys on this site in this browser. Go on only if you meant to.",
  password: "Password",
  passwordAgain: "The same password again",
  newPassword: "New password",
  show: "Show",
  hide: "Hide",
  deriving: "Working out your key…",

  create: {
    title: "Protect your data",
    lead: "Everything about you is encrypted with keys that only you can open. Choose how.",
    passkey: "With a passkey",
    passkeyHint: "Your fingerprint, your face or a security key. Nothing to remember.",
    noPasskeys: "Passkeys that can protect keys are not available in this browser.",
    compatibleLead:
      "This password is your key. It cannot be reset, and changing it later takes a new kind of key.",
    rule: "At least 10 characters. A few unrelated words are easier to remember than signs and digits.",
    words: "Give me recovery words too (recommended)",
    wordsHint: "They bring you back if you lose everything else.",
    submit: "Protect my data",
  },
  passwordFaults: {
    short: `That is too short: use at least ${NEW_PASSWORD_CHARACTERS} characters.`,
    common: "That is easy to guess: do not repeat the same few characters.",
    differ: "The two passwords differ.",
  },
  words: {
    title: "Your recovery words",
    lead: "Write these 24 words down, in this order, on paper. Whoever has them has your data; if you lose everything else, they bring you back. They are shown only now, and the window closes if nothing is done in it for 15 minutes.",
    print: "Print",
    written: "I have written them down",
    checkTitle: "Check what you wrote",
    check: (number: number) => `Word ${number}`,
    wrong: "That is not the word at this place. Look at your paper again.",
    back: "Show the words again",
    label: "Recovery words",
    hint: "All 24, in order, with spaces between them.",
    faults: {
      count: (typed: number) => `All 24 words are needed; you typed ${typed}.`,
      unknown: (place: number) =>
        `Word ${place} is not one that recovery words are made of. Look at your paper again.`,
      checksum:
        "These words do not fit together: one of them is wrong, or two have changed places. Look at your paper again.",
      tooLong: "That is too long: type the 24 words only.",
    },
  },
  unlock: {
    title: "Unlock your data",
    lead: "wants to use your idOS data. It gets nothing in clear, and asks again before anything is shared.",
    byPasskey: "Unlock with a passkey",
    byPassword: "Unlock",
    byWords: "Use recovery words instead",
    byOther: "Use another way instead",
    wrongPassword: "That is not the password. Look whether Caps Lock is on, and try again.",
    wrongWords: "These words do not open your data. Look whether you have newer ones.",
    passkeyFailed: "The passkey did not answer. Try again, or use another way.",
    passkeyOther: "That passkey does not open your data. Try another one, or use another way.",
  },
  recover: {
    title: "Recover your profile",
    lead: "wants to bring you back with your recovery words. For ten minutes it may sign with the wallet that belongs to them, and your data is unlocked on this site.",
    submit: "Recover",
  },
  share: {
    title: "Share this?",
    what: "What",
    with: "For",
    address: "Address",
    key: "Key",
    issuedBy: "Issued by",
    vouched: "Signature checked",
    files: (names: string) => `Also: ${names}.`,
    hidden: (count: number) => `And ${count} more that ${count === 1 ? "is" : "are"} not shown here.`,
    listed:
      "The network admitted this recipient and proves its key and address. The name is what it calls itself.",
    unlisted:
      "The network does not know this recipient: nobody vouches for who it is. Share only if you know by other means that this key is theirs.",
    unnamed: "Unknown recipient",
    lock: "You cannot take it back before",
    noLock: "You can take it back at any time. What they have read until then they may have kept.",
    expiry: "They can read it until",
    noExpiry: "They can read it until you take it back.",
    said: "These times are what the site says. Which of them hold is what you sign with your wallet after this.",
    handedOver:
      "The site gets the sealed copy now. If the recipient runs this site, it can read it even if you do not sign afterwards.",
    agree: "Share",
    refuse: "Do not share",
  },
  filter: {
    title: "Answer a question?",
    lead: (count: number) =>
      `wants to know which of ${count} credentials say all of this about you. It learns yes or no of each, nothing more.`,
    is: { equal: "is", in: "is one of", before: "is before", after: "is after" } as Readonly<
      Record<string, string>
    >,
    agree: "Answer",
    refuse: "Do not answer",
  },
  attribute: {
    title: (name: string) => `Your ${name}`,
    lead: "wants you to fill this in. It is encrypted before the site gets it.",
    label: "Value",
    save: "Encrypt and save",
  },
  change: {
    unlockFirst: "wants to change how you unlock your data. Unlock once more to go on.",
    password: "Choose a new password",
    passwordDone: "Change password",
    passkey: "Add a passkey",
    passkeyLead: "Your device will ask you twice: once to make the passkey, once to try it.",
    addPasskey: "Add a passkey",
    wordsLead:
      "New recovery words will open your data, and belong to a wallet that gets you back into your profile.",
    addWords: "Show me the words",
    words: "Add recovery words",
    remove: "Take away a way to unlock",
    removeLead: (kind: FactorKind) =>
      `From now on the key ring that is stored no longer opens with this ${KINDS[kind]}. Whoever kept an earlier ring, and ${kind === "password" ? "knows" : "has"} this ${KINDS[kind]}, still opens your data.`,
    removeWhich: (place: number, of: number, kind: FactorKind) =>
      `It is number ${place} of your ${of} ${many(kind)}, counted from the oldest.`,
    removeUsed: "It is the one that you unlocked with just now.",
    left: (ways: readonly { readonly kind: FactorKind; readonly count: number }[]) =>
      `What is left: ${ways.map(({ kind, count }) => `${count} ${count === 1 ? KINDS[kind] : many(kind)}`).join(", ")}.`,
    onlyLeft: (kind: FactorKind) =>
      `Only your ${KINDS[kind]} is left. If you lose that too, nobody can open your data.`,
    removeWords:
      "Their wallet stays linked to your profile, and whoever has them can still sign in with it. Take the wallet off your profile too.",
    removeDone: "Take it away",
    passkeyFailed: "The passkey was not made or did not answer. Try again, or cancel.",
    siteFailed:
      "The site could not store your keys, or does not say that it did. It is not certain whether they were stored: look at your ways to unlock before you try again. New recovery words count only if they are listed there; if they are, link their wallet under Wallets.",
    ringSeen:
      "This browser has seen a protection of your key that the site now leaves out. Nothing was changed: try again later, and tell the site if it stays.",
    adopt: "Move to a better key",
    adoptLead:
      "Your data stays as it is. Your key gets a new protection, so that you can change your password and add passkeys and recovery words. Your old password keeps opening what it opened until now: go on keeping it to yourself.",
    adoptDone: "Protect my key",
    otherRing:
      "The site gives back other keys than those that it was to store. It is not certain what is stored: look at your ways to unlock before you try again.",
    notStored:
      "What the site gives back does not open with the new password. It is not certain what is stored: keep your old password, and look at your ways to unlock before you try again.",
  },
  export: {
    collecting: (items: number) => `Collecting your data: ${items} so far…`,
    stopped: "The site could not fetch all of your data. No file was made: try again there.",
    title: "Your data is ready",
    lead: (items: number) =>
      `The file holds ${items} ${items === 1 ? "item" : "items"} of yours, readable by anyone who gets it. Keep it where only you can open it.`,
    failed: (count: number) =>
      `${count} more could not be opened. The file says which ${count === 1 ? "one it is" : "ones they are"}.`,
    save: "Save the file",
    done: "Done",
  },
  view: {
    issuer: "Issued by",
    validFrom: "Issued",
    validUntil: "Valid until",
    raw: "Everything in it",
    pdf: "Save the document",
    yes: "Yes",
    no: "No",
    empty: "There is nothing here.",
    unreadable: "This could not be opened",
    untitled: "Credential",
  },
  concerns: {
    structure: "This is not in the usual form of a credential.",
    expired: "This credential has expired.",
    "not-yet": "This credential is not valid yet.",
    unsigned: "Nobody signed this credential.",
    unchecked: "Signature not checked here: its kind is one that only the recipient can check.",
    untimely:
      "Its signature has expired, or is of a time that has not come or is not clear: recipients may refuse it.",
    "other-id": "The content is not the one that its public notes name.",
    "other-type": "Its public notes call it something else than its content does.",
    "unknown-issuer": "The network does not list its issuer.",
    "issuers-unknown": "The network could not be asked who its issuer is.",
  } satisfies Readonly<Record<Concern, string>>,
} as const;

/** What kinds of credentials are called; others by their own name in words. */
export const TITLES: Readonly<Record<string, string>> = {
  kyc: "Proof of identity",
  personhood: "Proof of personhood",
  human: "Proof of personhood",
  liveness: "Liveness check",
  passport: "Passport",
  email: "E-mail address",
};

/** What members of credentials are called; others by their own name in words. */
export const FIELDS: Readonly<Record<string, string>> = {
  id: "Identifier",
  validFrom: "Issued",
  validUntil: "Valid until",
  ageOver18: "Over 18",
  ageOver21: "Over 21",
  residesInEu: "Lives in the European Union",
  nationality: "Nationality",
  dateOfBirth: "Date of birth",
  placeOfBirth: "Place of birth",
  familyName: "Family name",
  firstName: "First name",
  middleName: "Middle name",
  maidenName: "Name at birth",
  ssn: "Social security number",
  email: "E-mail",
  phoneNumber: "Phone",
  idDocumentCountry: "Document issued by",
  idDocumentNumber: "Document number",
  idDocumentType: "Document",
  idDocumentDateOfIssue: "Document issued on",
  idDocumentDateOfExpiry: "Document valid until",
  idDocumentFrontFile: "Front of the document",
  idDocumentBackFile: "Back of the document",
  selfieFile: "Selfie",
  portrait: "Portrait",
  residentialAddressStreet: "Street",
  residentialAddressHouseNumber: "House number",
  residentialAddressCity: "City",
  residentialAddressPostalCode: "Postal code",
  residentialAddressRegion: "Region",
  residentialAddressCountry: "Country of residence",
  residentialAddressProofFile: "Proof of address",
};
