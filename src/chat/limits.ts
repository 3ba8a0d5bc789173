/** Bounds of this floor that are nobody else's business: they shape no bytes. Sizes in bytes, times in milliseconds. */

/** Numbers reserved at a time when the reservation was used up before the next one was kept (blocks of RESERVATION_BLOCK). */
export const RESERVATION_BLOCKS_MAX = 16;
/** Sayings of one log that wait for a number; then `say` is refused. */
export const SAYINGS_WAITING_MAX = 10_000;
/** Their encoded bytes, of all logs together. */
export const SAYINGS_SIZE_MAX = 16 * 1024 * 1024;
/** Encoded entries of one run: what is left of RUN_SIZE_MAX for a header, a signature and a seal at their largest. */
export const RUN_BODY_SIZE_MAX = 8 * 1024 + 512;
/** Own logs: rooms spoken in and people spoken to. */
export const OWN_LOGS_MAX = 16_384;
/** Own runs kept in memory to be sent: the newest, and those read back from the store. */
export const RUN_CACHE_SIZE_MAX = 6 * 1024 * 1024;
export const READ_BACK_SIZE_MAX = 2 * 1024 * 1024;
/** Records asked back from the store at a time. */
export const LOADS_MAX = 64;
/** Runs asked back ahead of need for one member. */
export const LOADS_AHEAD = 16;
/** A live member that holds nothing new for this long while the window is full is served at its own pace. */
export const STALLED_AFTER_MS = 5_000;
/** A want that follows another of the same log sooner than this is not served. */
export const WANT_SERVED_EVERY_MS = 500;
/** What a run frame adds to its run. */
export const RUN_FRAME_OVERHEAD = 8;

/** Logs of others (log ids and scopes) taken from one author. */
export const LOGS_PER_AUTHOR_MAX = 256;
/** Logs of one author that stay when there is no room for those of others. */
export const LOGS_KEPT_PER_AUTHOR = 16;
/** A gap older than this is asked for, then again after twice the time, up to the last. */
export const WANT_AFTER_MS = 200;
export const WANT_AGAIN_AFTER_MS = 1_000;
export const WANT_AGAIN_AFTER_MAX_MS = 64_000;
/** Runs that wait for what comes before them: bytes of one log and of all. */
export const WAITING_PER_LOG_MAX = 1024 * 1024;
export const WAITING_TOTAL_MAX = 16 * 1024 * 1024;
/** Runs handed to the store and not yet kept. */
export const KEEPING_PER_LOG_MAX = 8 * 1024 * 1024;
export const KEEPING_TOTAL_MAX = 64 * 1024 * 1024;
/** Messages told to the program of an ephemeral peer and not yet taken. */
export const UNTAKEN_MAX = 65_536;
/**
 * Runs of others taken from one peer: so many at once, then so many a second, for each costs a signature check (0.2 ms). A late
 * joiner with 10,000 messages behind gets them at once.
 */
export const HANDED_ON_BURST = 12_000;
export const HANDED_ON_RATE = 200;
/** Logs nobody told of before that one peer may bring in a session. */
export const NEW_LOGS_MAX = 2_048;
/** Networks remembered. */
export const NETWORKS_MAX = 256;
/** Holdings of one room that are told or taken: the newest logs. */
export const HOLDINGS_MAX = 1024;
/** Members compare a room after a change when it has been quiet for so long; each pair at most so often, or at last. */
export const COMPARED_WHEN_QUIET_MS = 1_000;
export const COMPARED_EVERY_MS = 10_000;
/** What somebody had and we still lack is asked for again after this, then twice the time, up to the last; and told again no sooner. */
export const COMPARED_AGAIN_AFTER_MS = 20_000;
export const COMPARED_AGAIN_AFTER_MAX_MS = 3_600_000;
export const TOLD_AGAIN_AFTER_MS = 15_000;
/** Holdings are told one member no more often. */
export const TOLD_EVERY_MS = 1_000;
/** Who was asked so often in turn and gave nothing new is not asked again for so long. */
export const PULLS_EMPTY_MAX = 12;
export const PULLS_MUTED_MS = 60_000;
/** An author who is here is waited for so long to say what it gives itself of a log that somebody else offers too. */
export const DEFERRED_FOR_MS = 1_000;
/** Logs offered by one peer that something is missing of. */
export const OFFERS_MAX = 4096;
/** Asked of one peer and not yet served. */
export const PULLS_MAX = 4;
/** Numbers asked at once: the newest page of a log, then more. */
export const PULL_PAGE = 64;
export const PULL_CHUNK = 1024;
/** A peer that serves nothing of what was asked for so long is asked no more. */
export const PULL_STALLED_AFTER_MS = 5_000;
/** Wants of one peer that wait to be served; more are not. */
export const LENT_WANTS_MAX = 16;
/** Records asked back ahead of need, for one want. */
export const LENT_LOADS_AHEAD = 16;
/** What is handed on at once to one peer, and only while its session has so much room: live talk comes first. */
export const LENT_AT_ONCE_MAX = 32 * 1024;
export const LENT_BUDGET_MIN = 32 * 1024;
/** Messages remembered as shown that the store could not keep. */
export const UNKEPT_MAX = 4_096;
/** Forks kept in all, and of one author; runs that may be one and wait for the store; looked at in a second: each costs a signature. */
export const FORKS_MAX = 256;
export const FORKS_PER_AUTHOR_MAX = 16;
export const FORKS_PENDING_MAX = 64;
export const FORK_CHECKS_PER_SECOND = 50;
/** Members whose first meeting is remembered, per room and person. */
export const MET_POINTS_MAX = 100_000;
/** What others say they hold is written down at once, and at most so often. */
export const HELD_NOTED_EVERY_MS = 5_000;
