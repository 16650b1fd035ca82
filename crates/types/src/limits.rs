//! The limits that more than one crate, a document or an outsider meets, each with its unit and
//! its reason. Nothing from outside is read, queued or stored beyond them; whoever meets one is told
//! which.

use std::num::NonZeroU64;

/// Largest transaction in bytes: decoded payload with signature. Two credentials with images fit.
pub const TRANSACTION_BYTES: usize = 6_000_000;
/// Largest HTTP request body in bytes: a transaction in base64 within its JSON.
pub const REQUEST_BODY_BYTES: usize = TRANSACTION_BYTES / 3 * 4 + 64 * 1024;
/// Largest payload of a view call in bytes: views take ids, keys and pages, never contents.
pub const CALL_PAYLOAD_BYTES: usize = 64 * 1024;
/// Most bytes of parameters without a transaction, as JSON: the payload of a call in base64, a
/// signature, and the names around them.
pub const PARAMETERS_BYTES: usize = 2 * CALL_PAYLOAD_BYTES;
/// Longest id of a request in bytes, as JSON.
pub const REQUEST_ID_BYTES: usize = 128;
/// Longest description of a transaction in bytes.
pub const DESCRIPTION_BYTES: usize = 200;
/// Longest signature of any scheme in bytes, envelope of NEP-413 included.
pub const SIGNATURE_BYTES: usize = 16 * 1024;
/// Longest sender in bytes: 56 characters of a Stellar address.
pub const SENDER_BYTES: usize = 64;
/// Longest name of a namespace, action, type or scheme in bytes.
pub const NAME_BYTES: usize = 128;
/// Most calls of one action in one transaction.
pub const CALLS: usize = 64;
/// Most arguments of one call.
pub const ARGUMENTS: usize = 64;
/// Most elements of array arguments, those of one transaction or call together: an element of six bytes
/// takes sixty in memory, and no action takes arrays.
pub const ARRAY_ELEMENTS: usize = 1_024;
/// Most decimal digits of a `numeric` value; also the largest precision.
pub const NUMERIC_DIGITS: u16 = 1_000;

/// Longest wallet address or grantee in bytes.
pub const ADDRESS_BYTES: usize = 128;
/// Longest public key as text in bytes.
pub const PUBLIC_KEY_BYTES: usize = 256;
/// Longest message that a wallet signs to prove ownership, in bytes.
pub const OWNERSHIP_MESSAGE_BYTES: usize = 4 * 1024;
/// Longest signature as text in bytes.
pub const SIGNATURE_TEXT_BYTES: usize = 2 * SIGNATURE_BYTES;
/// Longest key of an attribute in bytes.
pub const ATTRIBUTE_KEY_BYTES: usize = 1024;
/// Longest value of an attribute in bytes. All of one person fit one answer.
pub const ATTRIBUTE_VALUE_BYTES: usize = 32 * 1024;
/// Longest public notes in bytes. All of one person fit one answer.
pub const PUBLIC_NOTES_BYTES: usize = 16 * 1024;
/// Longest content of a credential as text in bytes; the transaction's own limit is near.
pub const CONTENT_BYTES: usize = TRANSACTION_BYTES;
/// Longest name, date, hash or other short text in bytes.
pub const SHORT_TEXT_BYTES: usize = 256;

/// Most wallets of one person.
pub const WALLETS_PER_USER: usize = 64;
/// Most credentials of one person, copies included.
pub const CREDENTIALS_PER_USER: usize = 2_048;
/// Most attributes of one person, copies included.
pub const ATTRIBUTES_PER_USER: usize = 1_024;
/// Most access grants on one credential.
pub const GRANTS_PER_CREDENTIAL: usize = 64;
/// Most access grants of one person: as many as credentials, so that each may have one. A profile is
/// erased in one piece with all of them.
pub const GRANTS_PER_USER: usize = CREDENTIALS_PER_USER;
/// Most bytes of all contents of one person.
pub const CONTENT_BYTES_PER_USER: usize = 256_000_000;
/// Most copies of one credential: what is kept of its notes for the grantees of locked ones, if it is
/// removed, fits what a transaction writes.
pub const COPIES_PER_CREDENTIAL: usize = 1_024;
/// Most grants on the copies of a credential behind which it can be edited: all of them are looked at,
/// also to refuse it.
pub const GRANTS_BEHIND_EDIT: usize = 1_024;
/// Most credentials that one edit of public notes reaches. The same edit again reaches others.
pub const CREDENTIALS_PER_NOTES_EDIT: usize = 64;
/// Most bytes of notes that it writes, in all of them together: what costs its sender little is to cost the nodes little.
pub const NOTES_BYTES_PER_EDIT: usize = 8 * PUBLIC_NOTES_BYTES;
/// Most rows on one page of a paged list.
pub const PAGE_ROWS: i64 = 1_000;
/// Most delegates of one inserter.
pub const DELEGATES_PER_INSERTER: usize = 64;
/// Most versions of a party's keys that are kept.
pub const VERSIONS_PER_PARTY: usize = 256;
/// Furthest end of a lock after the block's time, in seconds: ten years with three
/// leap days.
pub const LOCK_SECONDS: i64 = (10 * 365 + 3) * 24 * 3600;
/// How early a delegated write grant may be used, in seconds: room for clocks that differ.
pub const WRITE_GRANT_EARLY_SECONDS: i64 = 65;

/// Blocks of an epoch, by default: validators change with an epoch.
pub const EPOCH_BLOCKS: u64 = 256;
/// Fewest blocks of an epoch: every node is to know the next set long before it counts.
pub const FEWEST_EPOCH_BLOCKS: u64 = 128;
/// Most blocks of an epoch: whoever leaves or joins is not to wait for ever.
pub const MOST_EPOCH_BLOCKS: u64 = 65_536;
/// How many epochs lie between the end of one and the validators that it fixes: every node is to know
/// a set long before it counts.
pub const EPOCHS_AHEAD: u64 = 2;
/// Most validators in all: those of an epoch, observers, and requests to join.
pub const VALIDATOR_ROWS: usize = 512;
/// Most validators that one operator has requested or runs.
pub const VALIDATORS_PER_OPERATOR: usize = 16;
/// Fewest validators whose operators decide by vote: fewer cannot spare a single one.
pub const VOTING_VALIDATORS: usize = 4;
/// Most open motions of one operator.
pub const MOTIONS_PER_OPERATOR: usize = 16;
/// Seconds within which operators must have decided on a motion or a request: seven days.
pub const MOTION_SECONDS: i64 = 7 * 24 * 3600;

/// Most bytes of transactions in one block.
pub const BLOCK_BYTES: usize = 12_000_000;
/// Seconds after which an idle network makes a block: it carries time, and pushes on what ages by
/// progress.
pub const HEARTBEAT_SECONDS: u64 = 60;
/// How many seconds old the newest block of a node that serves may be, and a proof that a client takes:
/// an idle network has made three blocks since then, even if a clock is a minute wrong two.
pub const STALE_SECONDS: u64 = 3 * HEARTBEAT_SECONDS;
/// Last millisecond of the year 9999, where block time ends.
pub const LAST_MILLIS: u64 = 253_402_300_799_999;
/// Most blocks that are ordered before the state of an earlier one is certified.
pub const UNCERTIFIED_BLOCKS: u64 = 64;
/// Most transactions in one block.
pub const BLOCK_ITEMS: usize = 2_000;
/// Most bytes of rows that one transaction writes. A block that has written so many runs no further
/// transactions: they wait for another.
pub const EFFECT_BYTES: usize = 4 * TRANSACTION_BYTES;
/// Most rows that one transaction changes: all that a person can have. A block that has changed so many
/// runs no further transactions either, however small they are: they wait for another. So many edits of
/// notes take 0.2 seconds, and with an erasure on top a block takes 0.3; the command is in `docs/adr/0010`.
pub const EFFECT_ROWS: usize = 16_384;
/// Most due deadlines that one block works off; the rest waits for the next.
pub const DUE_PER_BLOCK: usize = 256;
/// Rows that deadlines may have changed when a block works off another one: a deadline can end all the
/// grants on a credential.
pub const DUE_CHANGES_PER_BLOCK: usize = 4_096;
/// Most bytes of transactions that wait for a block.
pub const MEMPOOL_BYTES: usize = 64_000_000;
/// Most transactions that wait for a block.
pub const MEMPOOL_ITEMS: usize = 20_000;
/// Most bytes of one sender that wait for a block: all wallets of a person are one.
pub const MEMPOOL_BYTES_PER_SENDER: usize = BLOCK_BYTES;
/// Most bytes of transactions of one sender within a minute, of those that the network knows.
pub const WRITTEN_BYTES_PER_MINUTE: u64 = 60_000_000;
/// Most transactions of one sender that wait for a block.
pub const MEMPOOL_ITEMS_PER_SENDER: usize = 64;
/// Most bytes of transactions that other nodes passed on and that wait for a block: what clients of a
/// node gave to it has the rest, whatever others send.
pub const MEMPOOL_BYTES_OF_PEERS: usize = MEMPOOL_BYTES / 2;
/// Most such transactions.
pub const MEMPOOL_ITEMS_OF_PEERS: usize = MEMPOOL_ITEMS / 2;
/// Most bytes of them that one node passed on.
pub const MEMPOOL_BYTES_PER_PEER: usize = MEMPOOL_BYTES / 4;
/// Most of them that one node passed on.
pub const MEMPOOL_ITEMS_PER_PEER: usize = MEMPOOL_ITEMS / 4;
/// Most bytes of one peer that wait in one place to be looked at or verified. What comes beyond is
/// dropped: whoever sent it sends it again.
pub const WAITING_BYTES_PER_PEER: usize = 16_000_000;
/// Most bytes of all peers that wait there. Beyond that, whoever has most waiting loses its newest.
pub const WAITING_BYTES: usize = 64_000_000;
/// Most bytes of one validator's votes that are kept until the epoch they are of begins.
pub const EARLY_VOTES_BYTES_PER_PEER: usize = 64_000;
/// Most bytes of them of all validators.
pub const EARLY_VOTES_BYTES: usize = 4_000_000;
/// Most bytes of blocks in a second that one peer is sent which missed them: a full block, since they
/// come from all the others at once.
pub const BACKFILL_BYTES_PER_PEER: usize = BLOCK_BYTES;
/// Most bytes of them that all peers are sent: the task that reads them is needed for new blocks.
pub const BACKFILL_BYTES: usize = 4 * BACKFILL_BYTES_PER_PEER;
/// Most requests of one peer for blocks that wait for their turn: twice what a node misses at once.
pub const BACKFILL_REQUESTS_PER_PEER: usize = 64;
/// Most such requests of all peers.
pub const BACKFILL_REQUESTS: usize = 4_096;
/// Most requests of one peer for parts of the state that wait for their turn.
pub const SYNC_REQUESTS_PER_PEER: usize = 4;
/// Most such requests of all peers.
pub const SYNC_REQUESTS: usize = 1_024;
/// Most regions of one request of a sync: a look at some pages of the tree for each.
pub const SYNC_REGIONS: usize = 32;
/// Most rows of one request of a sync: a look at some pages of the database for each.
pub const SYNC_ROWS: usize = 128;
/// Most set changes of one answer to a sync.
pub const SYNC_SETS: usize = 16;
/// After how many bytes of rows an answer to a sync ends. One row may have more.
pub const SYNC_ANSWER_BYTES: usize = 1_000_000;
/// Seconds for which nothing that a node passes on is looked at, after a signature in it was wrong: nodes verify
/// what they pass on, and to find a wrong signature costs as much as a right one.
pub const UNHEARD_SECONDS: u64 = 60;
/// Most entries of one message between nodes.
pub const GOSSIP_ENTRIES: usize = 4_096;
/// Most entries of blocks that are remembered as verified: those of a few full blocks.
pub const VERIFIED_ENTRIES: usize = 8 * BLOCK_ITEMS;
/// Most bytes that these may have together.
pub const VERIFIED_BYTES: usize = 8 * BLOCK_BYTES;
/// Most ends of sessions that one peer told and that wait to be durable.
pub const ENDED_SESSIONS_PER_PEER: usize = 64;
/// Most of them that all peers told.
pub const ENDED_SESSIONS_OF_PEERS: usize = 256;
/// Most ends of sessions of clients that wait to be durable.
pub const ENDED_SESSIONS: usize = 512;
/// Most ends of sessions that are said again; of more, those go whose next turn is latest: they were
/// said most often.
pub const ENDED_SESSIONS_REPEATED: usize = 16_384;
/// Most ends of sessions that one peer may tell within a second. It repeats what is dropped.
pub const ENDED_SESSIONS_PER_SECOND: u32 = 256;
/// Most ends of sessions that are remembered as heard, so that what is repeated costs nothing.
pub const ENDED_SESSIONS_HEARD: usize = 4 * ENDED_SESSIONS_REPEATED;
/// Most sessions that one household ends within a minute: each is told to all nodes again and again, until
/// it would have ended by itself.
pub const SIGN_OUTS_PER_MINUTE: u64 = 60;
/// Largest body of a transaction's receipt log in bytes.
pub const LOG_BYTES: usize = 16 * 1024;

/// Largest sealed text in bytes: no transaction holds more, in whatever encoding.
pub const SEALED_BYTES: usize = TRANSACTION_BYTES;
/// Longest password in bytes, as typed.
pub const PASSWORD_BYTES: usize = 4 * 1024;
/// Fewest characters of a new password.
pub const NEW_PASSWORD_CHARACTERS: usize = 10;
/// Fewest different characters of a new password.
pub const NEW_PASSWORD_DIFFERENT_CHARACTERS: usize = 5;
/// Longest recovery words in bytes: 24 words of at most eight letters, with room for spaces.
pub const RECOVERY_WORDS_BYTES: usize = 512;
/// Largest key ring in bytes: in base64 it fits the value of an attribute.
pub const KEY_RING_BYTES: usize = 24_000;
/// Most wraps by passwords of a key ring: the old and the new one while it is being changed. Each
/// costs whoever tries a password a slow derivation.
pub const PASSWORD_WRAPS: usize = 2;
/// Most wraps by recovery words of a key ring: the old and the new ones.
pub const RECOVERY_WRAPS: usize = 2;
/// Most wraps by passkeys of a key ring.
pub const PASSKEY_WRAPS: usize = 12;
/// Longest id of a passkey in bytes, by the WebAuthn specification.
pub const PASSKEY_ID_BYTES: usize = 1_023;
/// Most replaced keys of a person that a key ring keeps.
pub const FORMER_KEYS: usize = 32;
/// Least memory of Argon2id in KiB: below it, guessing passwords is too cheap.
pub const LEAST_ARGON2_KIB: u32 = 19 * 1024;
/// Most memory of Argon2id in KiB: what a key ring may cost a small device that opens it.
pub const MOST_ARGON2_KIB: u32 = 256 * 1024;
/// Fewest passes of Argon2id.
pub const FEWEST_ARGON2_PASSES: u32 = 2;
/// Most passes of Argon2id: seconds, not minutes.
pub const MOST_ARGON2_PASSES: u32 = 10;
/// Most lanes of Argon2id.
pub const MOST_ARGON2_LANES: u32 = 4;

/// Largest proof about the state in bytes: a subtree beside the way for each bit of a key, twice.
pub const PROOF_BYTES: usize = 2 * 512 * 42 + 256;
/// Most rows of a list that an answer proves to be all; of longer lists it proves how long they are.
pub const PROVED_ROWS: usize = 2_048;
/// Most set changes in one answer: a megabyte, if a network has a hundred validators.
pub const SET_CHANGES: usize = 64;
/// Milliseconds that an answer with proof waits for the certificate of its height.
pub const CERTIFICATE_MILLIS: u64 = 1_000;
/// Certificates that are at hand without a look at the database.
pub const CERTIFICATES: usize = 128;
/// Longest chain id in bytes.
pub const CHAIN_ID_BYTES: usize = 64;
/// Most validators of one epoch: every block is signed by more than two thirds of them.
pub const VALIDATORS: usize = 128;
/// Most nodes of one epoch that follow the network and do not vote.
pub const OBSERVERS: usize = 128;
/// Milliseconds that a certificate may be ahead of the clock of whoever checks it.
pub const CERTIFICATE_AHEAD_MILLIS: u64 = 60_000;

/// Most open connections.
pub const CONNECTIONS: usize = 16_384;
/// Most of them from one household: an IPv4 address, behind which many may live, or an IPv6 network of
/// 64 bits.
pub const CONNECTIONS_PER_HOUSEHOLD: usize = CONNECTIONS / 16;
/// How many times the share of one household all those of an IPv6 network of 48 bits have together: a
/// subscriber gets 256 or 65,536 households, and an office or a village may share one such network.
pub const HOUSEHOLDS_OF_NEIGHBOURHOOD: usize = 4;
/// Seconds within which a client must have sent the head of a request, also on an idle connection.
pub const REQUEST_HEAD_SECONDS: u64 = 15;
/// Largest head of a request in bytes.
pub const REQUEST_HEAD_BYTES: usize = 32 * 1024;
/// Most newcomers beyond [`CONNECTIONS`] who are being told so; further ones are hung up on.
pub const REFUSALS: usize = 256;
/// Seconds for which a connection is still read after it was ended.
pub const LINGER_SECONDS: u64 = 2;
/// Seconds that requests in flight have to finish at shutdown.
pub const SHUTDOWN_SECONDS: u64 = 10;
/// Seconds within which a client must have sent the whole body of a request.
pub const REQUEST_BODY_SECONDS: u64 = 20;
/// Seconds a request may be worked on before the answer is "timeout".
pub const RPC_SECONDS: u64 = 20;
/// Seconds a client waits for its transaction's block before the answer is "commit timeout".
pub const BROADCAST_SECONDS: u64 = 15;
/// Requests that are decoded and worked on at the same time; others wait their turn.
pub const REQUESTS_IN_FLIGHT: usize = 512;
/// Most of them of one household, so that slow ones of one do not take the turns of all others. More than
/// are parsed or read at the same time: behind an address may live many.
pub const REQUESTS_IN_FLIGHT_PER_HOUSEHOLD: usize = REQUESTS_IN_FLIGHT / 4;
/// Requests that wait for a block at the same time, beside those; the other connections are left for
/// reads.
pub const REQUESTS_WAITING: usize = CONNECTIONS / 2;
/// Most bytes of an answer that a client takes: all attributes of a person with every character
/// escaped come near.
pub const ANSWER_BYTES: usize = 128 * 1024 * 1024;
/// Seconds for which an answer may wait for a client that takes nothing of it: a phone in a tunnel.
pub const ANSWER_STALL_SECONDS: u64 = 20;
/// Bytes of an answer that a client must take in each second, that time aside: less than a phone that has
/// only EDGE gets, so it ends those that do not want the answer. The largest credential may take twelve
/// minutes.
pub const ANSWER_BYTES_PER_SECOND: NonZeroU64 = NonZeroU64::new(8 * 1024).unwrap();
/// Most bytes of all requests that are received or worked on.
pub const REQUESTS_HELD_BYTES: usize = 512 * 1024 * 1024;
/// Bytes of one request that do not count there, so that ordinary ones pass while others upload.
pub const FREE_BODY_BYTES: usize = 16 * 1024;
/// Most bytes of all answers that wait for clients to take them.
pub const ANSWERS_HELD_BYTES: usize = 512 * 1024 * 1024;
/// Most bytes of either of one household, but one request and one answer of any size: a browser that
/// fetches the largest credential on each of its six connections has room.
pub const HELD_BYTES_PER_HOUSEHOLD: usize = ANSWERS_HELD_BYTES / 8;
/// Milliseconds that one read may take in the database.
pub const READ_MILLIS: u64 = 5_000;

/// Seconds within which a sign-in text must have been signed and sent back.
pub const SIGN_IN_SECONDS: u64 = 5 * 60;
/// Seconds after a sign-in text was made within which a block may record who signed it first: it may
/// wait for a block when the time to sign is over.
pub const CLAIM_SECONDS: u64 = SIGN_IN_SECONDS + BROADCAST_SECONDS;
/// By how many seconds clocks of nodes may differ.
pub const CLOCKS_SECONDS: u64 = 60;
/// Seconds a session lives.
pub const SESSION_SECONDS: u64 = 60 * 60;
/// Most sessions that are remembered as checked; others are checked each time.
pub const CHECKED_SESSIONS: usize = 100_000;
/// Most addresses and accounts whose requests are counted at once; the neighbourhood of an IPv6 address is
/// one more.
pub const COUNTED_AT_ONCE: usize = 100_000;
/// Longest session cookie in bytes.
pub const COOKIE_BYTES: usize = 8 * 1024;
/// Longest `Cookie` header in bytes: a browser sends the sessions of all web origins at once.
pub const COOKIES_BYTES: usize = 24 * 1024;
/// Questions to the explorer per minute from one address; a page is one, and so is what it asks for.
pub const EXPLORER_READS_PER_MINUTE: u64 = 300;
/// Most elements in a list of the explorer.
pub const EXPLORER_LIST: usize = 100;
/// Longest grantee in bytes that the explorer searches for.
pub const EXPLORER_GRANTEE_BYTES: usize = 512;
/// Longest path with its query in bytes that the explorer reads.
pub const EXPLORER_TARGET_BYTES: usize = 2 * 1024;
/// Most listeners to the explorer's events.
pub const EXPLORER_LISTENERS: usize = 512;
/// Most of them from one address.
pub const EXPLORER_LISTENERS_PER_ADDRESS: usize = 8;
/// Seconds after which a listener has to come again.
pub const EXPLORER_LISTEN_SECONDS: u64 = 15 * 60;
/// Longest web origin or public URL in bytes.
pub const ORIGIN_BYTES: usize = 512;
/// Largest file of settings in bytes; a larger one is some other file.
pub const SETTINGS_BYTES: u64 = 64 * 1024;
/// Longest filter of the log in bytes.
pub const LOG_FILTER_BYTES: usize = 1024;

/// Seconds for which bodies of transactions are kept after their block, by default: one hour.
pub const BODY_RETENTION_SECONDS: u64 = 60 * 60;
/// Most seconds for which they are kept: 30 days. What a person erased is in them that long.
pub const MOST_BODY_RETENTION_SECONDS: u64 = 30 * 24 * 3600;
/// Seconds within which a challenge of private mode must have been answered.
pub const CHALLENGE_SECONDS: u64 = 30;
/// Most answered challenges that are remembered, until they would have ended: more than a node can
/// answer meanwhile.
pub const ANSWERED_CHALLENGES: usize = 1_000_000;

/// Largest credential or presentation in bytes: whatever fits the content of one.
pub const CREDENTIAL_BYTES: usize = CONTENT_BYTES;
/// Deepest nesting of objects and arrays in a credential or presentation.
pub const CREDENTIAL_DEPTH: usize = 32;
/// Most values in a credential or presentation, members and elements counted.
pub const CREDENTIAL_VALUES: usize = 4_096;
/// Most nodes without id in a credential that differ in nothing but what they are linked to:
/// telling them apart takes time that grows with the factorial of their number.
pub const AMBIGUOUS_NODES: usize = 6;
/// Bytes of a request around the credential or presentation in it: names and options.
pub const ENVELOPE_BYTES: usize = 64 * 1024;
/// Most values around it, members and elements counted: most are pointers of a disclosure.
pub const ENVELOPE_VALUES: usize = 1_024;
/// Most addresses in one `@context`: for `bbs-2023` what each of them defines is put in its place.
pub const CONTEXTS: usize = 16;
/// Most credentials in one presentation.
pub const PRESENTED_CREDENTIALS: usize = 16;
/// Most entries of one status list: a thousand times the fewest allowed.
pub const STATUS_LIST_ENTRIES: usize = 1 << 27;
/// Fewest entries of a status list, for the privacy of the crowd (Bitstring Status List, section 6.1).
pub const FEWEST_STATUS_LIST_ENTRIES: usize = 1 << 17;
/// Most status entries of one credential.
pub const STATUS_ENTRIES: usize = 8;
/// Most JSON pointers by which statements are selected for disclosure: by the holder, and by the issuer as
/// mandatory.
pub const DISCLOSURE_POINTERS: usize = 128;
/// Largest DID document in bytes.
pub const DID_DOCUMENT_BYTES: usize = 64 * 1024;
/// Seconds by which the clocks of issuer and verifier may differ.
pub const CREDENTIAL_SKEW_SECONDS: i64 = 300;

/// Bytes of what a person sends to an issuer that takes people on, portrait included.
pub const ONBOARDING_BYTES: usize = 1024 * 1024;

/// Bytes of the portrait in it.
pub const PORTRAIT_BYTES: usize = 512 * 1024;

/// Characters of a name, a number or another fact that a person types.
pub const FACT_CHARS: usize = 128;

const _: () = assert!(
    BLOCK_BYTES >= TRANSACTION_BYTES,
    "every transaction must fit a block"
);
const _: () = assert!(
    MEMPOOL_BYTES >= BLOCK_BYTES,
    "a full block must fit the mempool"
);
const _: () = assert!(
    MEMPOOL_BYTES_PER_PEER >= BLOCK_BYTES,
    "a node with many clients must be able to fill a block of another"
);
const _: () = assert!(
    CREDENTIALS_PER_USER <= PROVED_ROWS
        && ATTRIBUTES_PER_USER <= PROVED_ROWS
        && WALLETS_PER_USER <= PROVED_ROWS
        && VERSIONS_PER_PARTY <= PROVED_ROWS,
    "what a person has must be provable as a whole"
);
const _: () = assert!(
    COPIES_PER_CREDENTIAL * PUBLIC_NOTES_BYTES <= EFFECT_BYTES,
    "every original can be removed"
);
const _: () = assert!(
    // A locked credential is three changes, and so is a grant that is not locked, and an attribute.
    3 * (CREDENTIALS_PER_USER + GRANTS_PER_USER + ATTRIBUTES_PER_USER) + WALLETS_PER_USER + 3
        <= EFFECT_ROWS,
    "every profile can be erased"
);
const _: () = assert!(
    KEY_RING_BYTES.div_ceil(3) * 4 <= ATTRIBUTE_VALUE_BYTES,
    "a key ring is stored as an attribute"
);
const _: () = assert!(
    6 * TRANSACTION_BYTES < HELD_BYTES_PER_HOUSEHOLD && ANSWER_BYTES <= ANSWERS_HELD_BYTES,
    "who fetches several credentials at once has room, and so has the largest answer"
);
const _: () = assert!(
    SIGN_OUTS_PER_MINUTE * (SESSION_SECONDS / 60) * HOUSEHOLDS_OF_NEIGHBOURHOOD as u64
        <= ENDED_SESSIONS_REPEATED as u64,
    "no neighbourhood alone keeps the ends of others from being said"
);
const _: () = assert!(
    BROADCAST_SECONDS <= RPC_SECONDS,
    "a broadcast must be able to time out itself"
);
