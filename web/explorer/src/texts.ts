/** What the script says. The pages have their own texts. */
export const TEXTS = {
  checking: "Checking in your browser…",
  verified: "Verified in your browser",
  verifiedFromOther: "Checked, but not from where you first started",
  unverified: "Not verified",
  refuted: "This does not hold",
  signed: (signers: number, validators: number, height: string) =>
    `${signers} of ${validators} validators signed the state after block ${height}.`,
  header:
    "Height, time, epoch, hash, block before, proposer, root and entries on this page are the ones they signed, and those listed as signers are those who did.",
  complete: "The list of transactions is the whole block.",
  first: (shown: number, all: string) =>
    `The transactions on this page are the first ${shown} of ${all}, which are the whole block.`,
  incomplete: "The list of transactions is this node's word: it has no receipt of everything in the block.",
  grant: "In that state there is a grant with this id, to this grantee, for this data.",
  made: (time: string) => `The block was made at ${time}.`,
  fromNode: (fingerprint: string) =>
    `Starting from the first validators that this node names, fingerprint ${fingerprint}…`,
  starts: "This is where your browser starts",
  startsFromNode:
    "Your browser computed the fingerprint of the first validators that this node names, and it is the one on this page:",
  startsFromYours: (epoch: string) =>
    `Your browser starts from your own checkpoint of epoch ${epoch}. Its fingerprint need not be the one above:`,
  otherFingerprint: "The fingerprint on this page is not that of the first validators that this node names.",
  compare: "Compare it with one that you got elsewhere",
  fromYours: (epoch: string) => `Starting from your own checkpoint of epoch ${epoch}.`,
  changed:
    "This node names other first validators than on your first visit here. Do not rely on it before you have found out why.",
  changedChain: (before: string, now: string) =>
    `This node says that it is of the chain ${now}; on your first visit here it was of ${before}. Do not rely on it before you have found out why. If the network was started anew, give your browser a checkpoint of ${now} that you got elsewhere, on the page “What is proved”.`,
  noCertificate: "This node has no certificate of this height yet.",
  pageWithoutCertificate: "This page came without a certificate of this height.",
  noCheckpoint: "This network started without validators: there is nothing to start from.",
  otherPage: "The page shows something else than what was checked.",
  tooOld: "The epoch of this block is before the checkpoint you start from.",
  epochOver: "This node answers from an epoch that is over: it is behind, or does not tell the truth.",
  unreachable: "This node did not answer, so nothing could be checked.",
  checkpointKept: (epoch: string) => `In use: your checkpoint of epoch ${epoch}.`,
  checkpointOfNode: "In use: the first validators that this node names.",
  checkpointNotOfNode: (own: string, named: string) =>
    `Your checkpoint is of the chain ${own}, and this node is of ${named}: until you replace or give up yours, nothing of this node is verified.`,
  ownOtherChain: (own: string, named: string) =>
    `Your own checkpoint is of the chain ${own}, but this node says that it is of ${named}. Do not rely on it before you have found out why. If the network was started anew, replace your checkpoint by one of ${named} that you got elsewhere, on the page “What is proved”; there you can also give it up.`,
  ownUnreadable:
    "Your own checkpoint cannot be read any longer. Replace it or give it up on the page “What is proved”.",
  checkpointOtherChain: (chain: string) => `This checkpoint is of the chain ${chain}.`,
  checkpointBad: "This is no checkpoint: it has chainId, epoch and two sets.",
  live: "Live",
  interrupted: "Not live: the connection is interrupted",
  lag: (blocks: number, count: string) =>
    blocks === 0
      ? "up to the newest block"
      : `${count} ${blocks === 1 ? "block" : "blocks"} behind the newest`,
} as const;
