/** Every text of the page. */

const DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });

export const TEXTS = {
  skip: "Skip to the content",
  demo: "Demonstration",
  notABank: "This is a demonstration of idOS. It is no bank, and no money moves.",
  welcome: {
    title: "An account in a minute, without another identity check.",
    text: "Bring the identity you already have. You see what we get.",
    open: "Open an account with idOS",
    points: [
      {
        title: "No uploads",
        text: "Your passport was checked once. We read that check.",
      },
      {
        title: "Nobody in between",
        text: "Only we can open what you share with us.",
      },
      {
        title: "Yours to take back",
        text: "Your dashboard shows what we may read. You end it there, once the law no longer makes us keep it.",
      },
    ],
    asks: (name: string) => `To open an account, ${name} checks these:`,
    card: "Debit card",
  },
  wallet: {
    title: "Connect your wallet",
    text: "It shows us which idOS profile is yours. It is free and moves nothing.",
    found: "Wallets in this browser",
    none: "We found none. Install one that announces itself (EIP-6963), and reload.",
    development: "A wallet for development",
    developmentHint:
      "Paste what “Copy secret” gives in the dashboard: where you come in, or under Add a wallet.",
    developmentName: "Secret of the wallet",
    developmentFault: "This is no development wallet: its kind, and 64 digits.",
    use: "Use this wallet",
    back: "Back",
  },
  busy: {
    signIn: "Your wallet asks you to sign in …",
    reading: "Looking for what you could share …",
    sharing: "The window of your enclave asks for your consent. Then your wallet signs …",
    deciding: "We read what you shared, and check it …",
  },
  stopped: {
    stop: "Stop waiting",
    title: "You stopped waiting",
    text: "Reject our request if your wallet still shows it. What you signed may still happen: your dashboard shows it.",
    again: "Try again",
    start: "Back to the start",
  },
  offer: {
    title: "What you share with us",
    text: (name: string) => `${name} asks for a copy of your whole credential, to check:`,
    credential: "Your credential",
    issuer: "Checked by",
    level: "Level",
    until: "We may read it until",
    lock: (date: Date) =>
      `at least ${DATE.format(date)}. The law makes us keep it that long; you cannot end it before.`,
    noLock: "you end it in your dashboard",
    consent: "Next, a window of your idOS enclave opens and asks you. Without your yes, we see nothing.",
    share: "Agree and open the account",
    cancel: "Not now",
    unnamed: "not stated",
  },
  blocked: {
    title: "One more click",
    text: "Your browser kept the window closed. Click again.",
  },
  noProfile: {
    title: "This wallet has no idOS profile yet",
    text: "Make one in the dashboard, then come back.",
    dashboard: "Go to the dashboard",
    other: "Use another wallet",
  },
  noCredential: {
    title: "You have no identity check to share yet",
    text: "Your profile has none that is approved. Get one in your dashboard, then come back.",
    dashboard: "Go to the dashboard",
    again: "Look again",
  },
  notSigned: {
    title: "You did not sign",
    text: "You agreed in the enclave, but did not sign: we read nothing, and opened no account.",
  },
  declined: {
    title: "Nothing was shared",
    text: "You said no, and we have seen nothing.",
    again: "Try again",
    start: "Back to the start",
  },
  decided: {
    approved: (name: string) => `Welcome to ${name}`,
    approvedText: "Your account is open. This is what we checked:",
    customer: "You are already a customer",
    customerText: "This is what we checked of what you shared before:",
    refused: "We cannot open an account for you",
    refusedText: "We read what you shared, and something is missing. This is what we checked:",
    earlierRefused: "This is what we checked of what you shared before:",
    checks: "Checks",
    passed: "passed",
    failed: "not passed",
    end: "Your dashboard shows what we may read. You end it there, once its lock is over.",
    dashboard: "Open the dashboard",
    shareAgain: "Share another credential",
    start: "Back to the start",
  },
  failed: {
    title: "That did not work",
    again: "Try again",
    start: "Back to the start",
  },
  unavailable: {
    title: "This page cannot start",
    reload: "Reload the page",
  },
} as const;
