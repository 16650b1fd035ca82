/**
 * What a page and the enclave say to each other. The enclave holds the keys and sees what is in credentials; the page
 * has the wallet, asks nodes, and carries sealed texts to and fro. No answer holds a key or a plaintext.
 *
 * The page opens the enclave in an iframe and gives it one end of a `MessageChannel` (`Hello`); everything after that
 * goes through the two ports. Each side numbers its requests from 1, without gaps, and refuses a number that it has
 * seen. Whoever asks is the origin that the browser names for `Hello`, never what a message says.
 */

/** The version of these messages. An enclave of another version refuses `Hello`. */
export const PROTOCOL_VERSION = 1;

/** Where the document of the enclave's windows is, on its origin. */
export const WINDOW_PATH = "/window.html";
/** What a ticket looks like: 16 random bytes. It is no secret; it tells windows apart. */
export const TICKET = /^[0-9a-f]{32}$/;
/** Most CSS pixels that a frame asks for. */
export const MOST_HEIGHT = 4_000;

/** The first and only message to the window of the enclave, with one port; it answers `Welcome` through the port. */
export interface Hello {
  readonly type: "idos-enclave:hello";
  readonly version: number;
}

export interface Welcome {
  readonly type: "idos-enclave:welcome";
  readonly version: number;
}

/** A request of the page, or (of `HostMethods`) of the enclave. */
export interface Request {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

/** The answer to the request with this id. */
export type Response =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly reason: EnclaveReason; readonly message: string } };

/** Why the enclave did not do what it was asked. */
export type EnclaveReason =
  /** The person said no, or closed the window. */
  | "Declined"
  /** Keys are locked: `unlock` first. */
  | "Locked"
  /** The browser did not open the window of the enclave; ask again from a click. */
  | "PopupBlocked"
  /** The keys of another profile are unlocked here. */
  | "OtherProfile"
  /** What was given is malformed, too large or out of turn: a fault of the page. */
  | "BadRequest"
  /** The text cannot be opened by the person's key, or is not what it is said to be. */
  | "Unreadable"
  /** The recipient is not who the page says, or its key is not the one that the network proves. */
  | "RecipientKey"
  /** The credential does not stand its checks; what failed is in the message. */
  | "InvalidCredential"
  /** The key ring is damaged, older than one that was seen here, or another person's. */
  | "KeyRing"
  /** Nodes do not answer, or not truthfully. */
  | "Network"
  /** The browser lacks what it takes: passkeys with the PRF extension, for instance. */
  | "Unsupported"
  /** A fault of the enclave. */
  | "Internal";

/** Whose data it is, as the profile shows it. */
export interface Holder {
  readonly userId: string;
  /** Base64. */
  readonly encryptionPublicKey: string;
  /** The value of the attribute `idos:key-ring`; null of people whose key is derived from the password. */
  readonly keyRing: string | null;
}

/** Keys are needed: with a holder, locked ones are unlocked in the same window; without, they have to be unlocked. */
export interface WithHolder {
  readonly holder?: Holder;
}

/** A sealed credential, as the network gives it out to its owner. */
export interface SealedCredential {
  readonly id: string;
  /** Base64. */
  readonly content: string;
  /** Base64. */
  readonly encryptorPublicKey: string;
  readonly publicNotes: string | null;
}

/** A sealed attribute. */
export interface SealedAttribute {
  readonly id: string;
  readonly key: string;
  readonly value: string;
}

/** What a person can unlock by. */
export type FactorKind = "password" | "passkey" | "words";

/** Who is to read. The enclave asks the network itself for the name and the key of a party. */
export type Recipient =
  | {
      readonly kind: "party";
      readonly partyId: string;
      /** Base64; the key that the page takes for the party's. The enclave refuses if the network proves another. */
      readonly encryptionPublicKey?: string;
    }
  /** Somebody whom the network did not admit: the person is warned that nobody vouches for the key. */
  | { readonly kind: "unlisted"; readonly grantee: string; readonly encryptionPublicKey: string };

/** What goes into an exported file, or a part of it. */
export interface ExportPart {
  readonly credentials: readonly SealedCredential[];
  readonly attributes: readonly SealedAttribute[];
  /** What is public to the page anyway, and goes into the same file: profile, wallets, grants. Null for nothing. */
  readonly record: unknown;
}

/** A condition on what a credential says: the member at `path` of its subject, compared with `value`. */
export interface Condition {
  /** Members from the subject inwards: `["nationality"]`. */
  readonly path: readonly string[];
  readonly is: "equal" | "in" | "before" | "after";
  /** A text, or for `in` several. Dates are compared as dates: `YYYY-MM-DD`. */
  readonly value: string | readonly string[];
}

/** What the page may ask. Each takes one argument. */
export interface EnclaveMethods {
  /** What is unlocked here, and what this browser can do. Opens no window. */
  status(argument: null): EnclaveStatus;
  /**
   * Makes the keys of a new profile: the person chooses a password or a passkey. If they take recovery words, these
   * also make a wallet, which signs here that it belongs to the profile.
   */
  create(argument: { readonly userId: string; readonly compatible: boolean }): Created;
  /** Unlocks, by whatever the person has; at once if it is unlocked already. */
  unlock(argument: Holder): Unlocked;
  /** Forgets the keys, here and in storage. */
  lock(argument: null): null;
  /**
   * Opens a credential, checks it, asks the person, and seals it for the recipient. The person sees who asks, what for
   * whom, at which address and what they call themselves, and until when it cannot be taken back.
   */
  share(
    argument: WithHolder & {
      readonly credential: SealedCredential;
      readonly recipient: Recipient;
      /** Seconds since 1970, 0 for no lock. */
      readonly lockedUntil: number;
      /** Seconds since 1970, 0 for no end. */
      readonly expiresAt: number;
    },
  ): ShareReceipt;
  /**
   * Which of the credentials meet all conditions; one that does not open meets none. The person is asked: the answer
   * tells something of what they say. Refused are conditions that nobody could read: more than 32, or than 256 values
   * or 2,000 characters in all of them together, or a path with characters that are not seen.
   */
  filter(
    argument: WithHolder & {
      readonly credentials: readonly SealedCredential[];
      readonly conditions: readonly Condition[];
    },
  ): { readonly ids: readonly string[] };
  /** Shows a credential inside the enclave's frame; the page makes room for it (`HostMethods.resize`). */
  show(argument: WithHolder & { readonly credential: SealedCredential }): null;
  /** Shows attributes with their values inside the frame, also if some do not open; `Unreadable` if none does. */
  showAttributes(argument: WithHolder & { readonly attributes: readonly SealedAttribute[] }): null;
  /** Empties the frame. */
  hide(argument: null): null;
  /** The person types a value in the enclave's window; of an existing attribute they see the present one. */
  editAttribute(
    argument: WithHolder & { readonly id: string; readonly key: string; readonly value: string | null },
  ): SealedAttribute;
  /** Adds a way to unlock, takes one away, or changes the password; stores the key ring by `storeKeyRing`. */
  changeFactors(argument: Holder & { readonly change: FactorChange }): FactorsChanged;
  /**
   * Opens everything and offers it to the person as a file, in the enclave's window. With `more`, what is given here is
   * the first part: `exportPart` brings the others, and this is answered once the person has the file.
   */
  export(argument: WithHolder & ExportPart & { readonly more?: boolean }): { readonly items: number };
  /**
   * Another part of the export that is under way. Answered when the enclave has taken it: whoever waits for that before
   * fetching more never holds everything at once. Null if the page cannot go on: the export fails.
   */
  exportPart(argument: (ExportPart & { readonly isLast: boolean }) | null): null;
  /**
   * The person types their recovery words. Until `lock`, or ten minutes, the page may have their wallet sign
   * (`signAsRecovery`): to sign in, and to link another wallet. Who came in by words may type others, whose wallet is to
   * be linked: the words of two wallets are held at once, and those that were used last stay.
   */
  recover(argument: null): { readonly publicKey: string };
  /**
   * Signs a text with the wallet of recovery words: the one with this public key, as `recover` answered it, or without
   * one that of the words that were typed or signed last. `Locked` if they are not held any more. Signature in
   * lower-case hexadecimal.
   */
  signAsRecovery(argument: { readonly text: string; readonly publicKey?: string | undefined }): {
    readonly signature: string;
  };
}

export interface EnclaveStatus {
  /** Whose keys are unlocked. */
  readonly userId: string | null;
  /** Whether passkeys can be used in this browser. */
  readonly passkeys: boolean;
}

export interface Created {
  /** Base64. */
  readonly encryptionPublicKey: string;
  /** To be stored as the attribute `idos:key-ring` once the profile is there; null if `compatible`. */
  readonly keyRing: string | null;
  /** The wallet of the recovery words, ready to be linked. */
  readonly recovery: OwnedWallet | null;
}

/** A wallet with its signature that it belongs to the profile; kind FaceSign. */
export interface OwnedWallet {
  /** Lower-case hexadecimal. */
  readonly publicKey: string;
  readonly message: string;
  /** Lower-case hexadecimal. */
  readonly signature: string;
}

export interface Unlocked {
  /**
   * Base64; the key that the profile is to show. If it shows another, a replacement of the key was interrupted: publish
   * this one (`update_encryption_key`).
   */
  readonly encryptionPublicKey: string;
  /** Which ways to unlock there are now; empty for people without a key ring. */
  readonly factors: readonly Factor[];
}

export interface Factor {
  readonly id: number;
  readonly kind: FactorKind;
}

export type FactorChange =
  | { readonly kind: "password" }
  | { readonly kind: "add-passkey" }
  | { readonly kind: "add-words" }
  /** From a key that is derived from the password to a key ring. */
  | { readonly kind: "adopt" }
  | { readonly kind: "remove"; readonly factorId: number };

export interface FactorsChanged extends Unlocked {
  readonly recovery: OwnedWallet | null;
}

/** A copy for the recipient, and whom the enclave took them for. `content` and the rest are as `Sealed` of the SDK. */
export interface ShareReceipt {
  /** Base64. */
  readonly content: string;
  /** SHA-256 of the plaintext, lower-case hexadecimal. */
  readonly contentHash: string;
  /** Base64. */
  readonly encryptorPublicKey: string;
  /** How grants name the recipient. */
  readonly grantee: string;
  /** The name that the recipient published; null of an unlisted one. */
  readonly name: string | null;
}

/** What the enclave may ask of the page. */
export interface HostMethods {
  /**
   * Opens the enclave's window, at its origin with `WINDOW_PATH` and the ticket as fragment: browsers open windows for
   * the page that was clicked, not for a frame in it. The window and the frame find each other by themselves; the page
   * gets no say between them. Answers whether the browser opened it.
   */
  openWindow(argument: { readonly ticket: string }): { readonly opened: boolean };
  /**
   * Stores a key ring and answers what the network gives back after that: changes are tried on it. `replaces` is the
   * ring that the change began from, null if there was none: if the network has another one by now, the page refuses,
   * so that no change of another device is undone.
   */
  storeKeyRing(argument: { readonly keyRing: string; readonly replaces: string | null }): {
    readonly keyRing: string;
  };
  /**
   * How high the frame wants to be, in CSS pixels: the same for whatever it shows, which scrolls in it, and 0 to be
   * hidden. At most 4,000.
   */
  resize(argument: { readonly height: number }): null;
  /** The keys were locked, by the person or because nothing happened. */
  locked(argument: null): null;
}
