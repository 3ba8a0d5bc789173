/**
 * Every number of protocol.md, in one place. Sizes in bytes, times in milliseconds, unless the name says otherwise.
 * Related numbers are asserted against each other at the end.
 */

/** Version of the protocol; in every initiation and every signed run (protocol.md §Versions). */
export const PROTOCOL_VERSION = 1;

// ---- datagrams -------------------------------------------------------------------------------------------------
/** UDP payload of any datagram sent (protocol.md §Datagram size). */
export const DATAGRAM_SIZE_MAX = 1200;
/** Every initiation is padded to this, so that nothing unauthenticated is answered with more (§Handshake). */
export const INITIATION_SIZE = 512;
/** A response is never larger than the initiation it answers. */
export const RESPONSE_SIZE_MAX = 512;
export const RETRY_TOKEN_SIZE = 32;
export const CBOR_DEPTH_MAX = 6;
/** AEAD tag of ChaCha20-Poly1305. */
export const TAG_SIZE = 16;
/** Header of a sealed datagram at its largest: array, kind, connection id, packet number, length of the ciphertext; and the tag. */
export const SEALED_OVERHEAD_MAX = 1 + 1 + 5 + 5 + 3 + TAG_SIZE;

// ---- what is said ----------------------------------------------------------------------------------------------
/** UTF-8 bytes of one message's text. */
export const TEXT_SIZE_MAX = 8 * 1024;
/** UTF-8 bytes of a reaction: the longest emoji sequences have about 40. */
export const REACTION_SIZE_MAX = 64;
/** UTF-8 bytes of a room's topic. */
export const TOPIC_SIZE_MAX = 512;
/** UTF-8 bytes of what somebody says about being away. */
export const AWAY_SIZE_MAX = 200;
/** A notice that somebody is writing is over after this, unless it came again. */
export const TYPING_OVER_MS = 10_000;
/** While somebody goes on writing they say so again at most this often: one notice may be lost. */
export const TYPING_AGAIN_MS = 4_000;
/** Whoever writes and pauses for this has stopped. */
export const TYPING_PAUSE_MS = 5_000;
/** Others in a room who are told: in a larger one the notices would be most of what is sent. */
export const TYPING_MEMBERS_MAX = 32;
/** Code points of a name after cleaning. */
export const NAME_LENGTH_MAX = 32;
/** Code points of a room's name. */
export const ROOM_NAME_LENGTH_MAX = 32;
export const ROOMS_JOINED_MAX = 64;
/** Entries under one signature. */
export const RUN_ENTRIES_MAX = 64;
/** An encoded run: one message of the largest size and its header must fit; a burst is cut into runs of at most this. */
export const RUN_SIZE_MAX = 9 * 1024;

// ---- handing on -------------------------------------------------------------------------------------------------
/** Ranges of one log in a holdings frame; what lies in further ones is told another time. */
export const HOLDING_RANGES_MAX = 16;
/** Logs in a holdings frame: with ranges as they mostly are, it fits FRAME_SIZE_MAX. */
export const HOLDINGS_LOGS_MAX = 64;
/** Newcomers to a room are handed what was heard there at most this long ago. */
export const NEWCOMER_HISTORY_MS = 24 * 3600 * 1000;

// ---- handshake and sessions --------------------------------------------------------------------------------------
export const HANDSHAKE_HALF_OPEN_MAX = 256;
export const HANDSHAKE_BURST_PER_SOURCE = 5;
export const HANDSHAKE_RATE_PER_SOURCE = 20;
export const HANDSHAKE_RATE_TOTAL = 200;
/** Half-open handshakes above this ask for a retry token first. */
export const RETRY_THRESHOLD = 32;
export const RETRY_TOKEN_LIFETIME_MS = 10_000;
/** First wait for a response; doubles up to the cap. */
export const HANDSHAKE_TIMEOUT_MS = 100;
export const HANDSHAKE_TIMEOUT_MAX_MS = 1_000;
/** A dial gives up after this; a half-open handshake is forgotten after this. */
export const HANDSHAKE_LIFETIME_MS = 10_000;
export const REKEY_AFTER_MS = 10 * 60_000;
/** A session ends before its packet numbers do. */
export const PACKET_NUMBER_MAX = 2 ** 31 - 1;
export const REPLAY_WINDOW_BITS = 4096;
export const SESSIONS_MAX = 2048;

// ---- reliability (RFC 9002) --------------------------------------------------------------------------------------
export const INITIAL_RTT_MS = 100;
export const ACK_DELAY_MAX_MS = 2;
export const PACKET_THRESHOLD = 3;
/** Numerator and denominator of the time threshold. */
export const TIME_THRESHOLD = 9 / 8;
export const TIMER_GRANULARITY_MS = 1;
/** PTO back-off never waits longer than this while the peer may still be there. */
export const PTO_MAX_MS = 1_000;
export const ACK_RANGES_MAX = 32;
/** Datagrams in flight that congestion control never goes below. */
export const WINDOW_DATAGRAMS_MIN = 16;
export const WINDOW_DATAGRAMS_MAX = 2048;
/** Silence after which a session that is kept is probed. */
export const KEEPALIVE_MS = 5_000;
/** Silence after which a session is dead although probed; a silent death is seen within 15 s (§7.1). */
export const DEAD_AFTER_MS = 12_000;
/** The same from the first question that was not answered, in a session that slept. */
export const DEAD_AFTER_ASKING_MS = DEAD_AFTER_MS - KEEPALIVE_MS;
/** Those whom a peer asks to watch it, if it knows more than a few; and for how many it does so. */
export const WATCHERS_CHOSEN = 2;
export const WATCHING_MAX = 32;

// ---- reassembly ----------------------------------------------------------------------------------------------------
export const REASSEMBLY_PER_PEER_MAX = 256 * 1024;
export const REASSEMBLY_TOTAL_MAX = 8 * 1024 * 1024;
/** A frame that travels in fragments. */
export const FRAME_SIZE_MAX = 16 * 1024;
/** Bytes of frames a session may hold before the floors above wait. */
export const SEND_QUEUE_MAX = 512 * 1024;

// ---- logs ------------------------------------------------------------------------------------------------------------
/** Numbers reserved on disk at a time (§Numbers). */
export const RESERVATION_BLOCK = 4096;
/** Own entries numbered but not yet held by the live members; then whoever writes waits. */
export const LIVE_WINDOW_ENTRIES = 8192;
/** Out-of-order ranges remembered for one log. */
export const LOG_RANGES_MAX = 64;
/** Logs of others held in memory (author, log id, scope). */
export const LOGS_MAX = 20_000;
/** After this a gap is shown and what follows is handed on. */
export const GAP_SHOWN_AFTER_MS = 2_000;
/** An entry further ahead of us than this never moves our clock. */
export const CLOCK_AHEAD_MAX_MS = 60_000;

// ---- people --------------------------------------------------------------------------------------------------------------
export const UNPROVEN_PEERS_MAX = 500;
export const PINS_MAX = 10_000;
/** Dials started a second in all, and at one target (seconds between two). */
export const DIAL_RATE_TOTAL = 50;
export const DIAL_AGAIN_AFTER_MS = 2_000;

// ---- finding people ------------------------------------------------------------------------------------------------------
/**
 * UDP port of the subnet broadcast (protocol.md §12.2), shared by all peers of a host. IANA has not assigned it, and no system
 * gives it to a passing socket.
 */
export const BEACON_PORT = 27_531;
/** A burst of beacons, at the start and after waking: this many, so far apart, the first after that long: by then mDNS has found most. */
export const BEACON_BURST = 3;
export const BEACON_GAP_MS = 100;
/** Between beacons while nobody is known. */
export const BEACON_ALONE_EVERY_MS = 30_000;
/** Peers in one `peers` frame. */
export const PEERS_TOLD_MAX = 64;
/** Of the unproven targets, those that rest on a beacon or on what another peer said. */
export const HINTED_TARGETS_MAX = 128;
/** A knock (protocol.md §12.5): what it is found by, and what proves it. */
export const KNOCK_TAG_SIZE = 4;
export const KNOCK_PROOF_SIZE = 8;
export const KNOCK_SIZE = KNOCK_TAG_SIZE + KNOCK_PROOF_SIZE;
/** In every initiation, in front of the padding; those that are none are random bytes. */
export const KNOCKS = 32;
/** Tags change with the day; those of the neighbouring days are taken too, as clocks differ. */
export const KNOCK_DAY_MS = 24 * 3600 * 1000;
/** Contacts, the newest, whom a peer knocks for and lets in. */
export const KNOCKING_CONTACTS_MAX = 1024;
/** What `doctor` asks a peer without a session (protocol.md §12.6), and is told, in bytes of UDP: a link of 1500 bytes carries the largest. */
export const INQUIRY_SIZE_MIN = 64;
export const INQUIRY_SIZE_MAX = 1472;
/** Questions taken: of one host, a burst and then so many a second; the same of all together. */
export const INQUIRY_BURST_PER_SOURCE = 150;
export const INQUIRY_RATE_PER_SOURCE = 50;
export const INQUIRY_BURST_TOTAL = 400;
export const INQUIRY_RATE_TOTAL = 200;
/** Reports to everybody on a link, together: a burst, and so many a second. */
export const INQUIRY_BURST_GROUP = 6;
export const INQUIRY_RATE_GROUP = 2;
/** Askers whose questions are counted; the longest silent is forgotten for another. */
export const INQUIRERS_MAX = 32;
/** Before a path is validated, at most this many times the bytes received from it are sent there (RFC 9000 §8.1). */
export const PATH_AMPLIFICATION_MAX = 3;

const assert = (isTrue: boolean, what: string): void => {
  if (!isTrue) throw new Error(`limits contradict each other: ${what}`);
};
assert(RESPONSE_SIZE_MAX <= INITIATION_SIZE, 'a response is no larger than what it answers');
assert(KNOCKS * KNOCK_SIZE + RETRY_TOKEN_SIZE + 64 <= INITIATION_SIZE, 'the knocks fit an initiation, also with a token');
assert(TEXT_SIZE_MAX + 512 <= RUN_SIZE_MAX, 'the largest message fits a run');
assert(BEACON_BURST * BEACON_GAP_MS <= 300, 'a burst of beacons takes no more than 300 ms');
assert(HINTED_TARGETS_MAX < UNPROVEN_PEERS_MAX, 'hints leave room for announced targets');
assert(PEERS_TOLD_MAX <= HINTED_TARGETS_MAX, 'what one peer tells finds room');
assert(INQUIRY_SIZE_MIN >= 24 + 3, 'a report fits the smallest question');
assert(RUN_SIZE_MAX + 64 <= FRAME_SIZE_MAX, 'the largest run fits a frame');
assert(FRAME_SIZE_MAX <= REASSEMBLY_PER_PEER_MAX, 'a frame fits reassembly');
assert(DEAD_AFTER_MS + 2 * PTO_MAX_MS <= 15_000, 'a silent death is noticed within 15 s');
assert(KEEPALIVE_MS + 2 * PTO_MAX_MS + DEAD_AFTER_ASKING_MS <= 15_000, 'also by whoever is told of it');

/** What waits for one person who is away: messages, and bytes of their runs; then no more is taken. */
export const AWAY_ENTRIES_MAX = 10_000;
export const AWAY_SIZE_TOTAL_MAX = 16 * 1024 * 1024;
/** What was said is kept, delivered and handed on for so long. */
export const RETENTION_MS = 30 * 24 * 60 * 60 * 1000;
export const RETENTION_DAYS_MAX = 3650;
/** Kept of one room or conversation: entries, and bytes of their records; of all; and the share of one author. */
export const RETENTION_ENTRIES_MAX = 100_000;
export const RETENTION_SIZE_MAX = 128_000_000;
export const RETENTION_SIZE_TOTAL_MAX = 1_000_000_000;
export const RETENTION_MEGABYTES_MAX = 100_000;
export const RETENTION_AUTHOR_SHARE = 0.25;
