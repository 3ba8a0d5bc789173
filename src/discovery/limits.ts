/** The numbers of discovery: times in milliseconds, TTLs in seconds as on the wire. Sections are of RFC 6762. */

/** Every mDNS message comes from and goes to this port (§3). */
export const MDNS_PORT = 5353;
/** SRV, A, AAAA and the NSEC of host names (§10). */
export const HOST_TTL_S = 120;
/** PTR and TXT (§10). */
export const OTHER_TTL_S = 4500;
/** Upper bound of every TTL in a reply to a one-shot query (§6.7). */
export const LEGACY_TTL_S = 10;
/** A longer TTL of somebody else is kept for this long only, so that fakes do not stay for years. */
export const CACHED_TTL_MAX_S = 4500;

/** Announcements at 0, 1 and 3 s: at least two, gaps at least doubling (§8.3). */
export const ANNOUNCEMENTS = 3;
export const ANNOUNCE_GAP_MS = 1_000;
/** Start jitter of the first announcement. */
export const ANNOUNCE_JITTER_MS = 20;
/** With many known on a link, its announcements after a wake or a new address spread out: so much a peer, up to a limit. */
export const ANNOUNCE_JITTER_PER_PEER_MS = 2;
export const ANNOUNCE_JITTER_MAX_MS = 5_000;
/** Announcements because our addresses changed: a burst, then so many a second, the next after a wait (§8.4: at most ten a minute). */
export const UPDATE_BURST = 10;
export const UPDATE_RATE = 10 / 60;
export const UPDATE_WAIT_MS = 6_000;
/** Probes, the random wait before the first, and the gap between two and before the claim (§8.1). */
export const PROBES = 3;
export const PROBE_WAIT_MAX_MS = 250;
export const PROBE_GAP_MS = 250;
/** Who loses a tie-break asks for the same name again after this (§8.2). */
export const PROBE_LOST_WAIT_MS = 1_000;
/** So many conflicts within the window, and every further attempt waits (§8.1), until there was none for a while. */
export const CONFLICTS_MAX = 15;
export const CONFLICT_WINDOW_MS = 10_000;
export const CONFLICTS_WAIT_MS = 5_000;
export const CONFLICTS_CALM_MS = 60_000;
/** First question after a random wait (§5.2), then at 1, 3, 7, 15 s … up to hourly. */
export const QUERY_DELAY_MIN_MS = 20;
export const QUERY_DELAY_MAX_MS = 120;
export const QUERY_GAP_MS = 1_000;
export const QUERY_GAP_MAX_MS = 3_600_000;
/** Share of a gap by which it grows at random after another's question stood for ours: or all who heard it ask together next time. */
export const OTHERS_JITTER = 0.5;
/** Asking for the SRV or the addresses of an instance that came without them: tries, 1 s apart and doubling. */
export const RESOLVE_TRIES = 3;
/** Questions in one message. */
export const QUESTIONS_MAX = 32;
/** Known answers in one question's message (some 30 packets); what is left out is merely answered again. */
export const KNOWN_ANSWERS_MAX = 1024;

/** Answers that others may give too wait a random time (§6). */
export const ANSWER_DELAY_MIN_MS = 20;
export const ANSWER_DELAY_MAX_MS = 120;
/** After a truncated query, for the known answers that follow it (§7.2). */
export const TRUNCATED_DELAY_MIN_MS = 400;
export const TRUNCATED_DELAY_MAX_MS = 500;
/** The same record is not multicast again on a link before this (§6); in defence against a probe, before the shorter time. */
export const REPEAT_GAP_MS = 1_000;
export const DEFENCE_GAP_MS = 250;
/** Unicast replies a second and at once on a link; queries beyond are dropped. */
export const REPLY_RATE = 20;
export const REPLY_BURST = 40;
/** Hosts whose truncated queries wait for their rest, on one link. */
export const TRUNCATED_HOSTS_MAX = 32;

/** A goodbye, or a record displaced by a flush, leaves the cache after this (§10.1, §10.2). */
export const GRACE_MS = 1_000;
/** A pointer that led to nobody is given up if it is not said again within this, though asked for (§10.4). */
export const DOUBT_MS = 10_000;
/** A pointer that two questions of others should have brought, and did not within this, is given up (§10.5). */
export const UNANSWERED_MS = 10_000;
/** Shares of a TTL at which a needed record is asked for again (§5.2), each plus up to `REFRESH_JITTER`. */
export const REFRESH_POINTS: readonly number[] = [0.8, 0.85, 0.9, 0.95];
export const REFRESH_JITTER = 0.02;
/** Pointers that live shorter are let go: nobody makes us ask at the pace of his TTLs. Nor more often than the gap. */
export const REFRESH_TTL_MIN_S = 120;
export const REFRESH_GAP_MS = 10_000;
/** Records of others held, over all links. */
export const CACHE_RECORDS_MAX = 4096;
/** Instances, and records of any kind, that one source address may have us hold: many peers may share a host (32 are tested). */
export const INSTANCES_PER_SOURCE_MAX = 64;
export const RECORDS_PER_SOURCE_MAX = 512;
/** Records of one name and type. */
export const RECORDS_PER_NAME_MAX = 16;
/** Claims of a source about itself: a burst, then so many a second. */
export const CLAIM_BURST = 64;
export const CLAIM_RATE = 2;
/** Claims of a source about other hosts: few, as its announcements must not aim us at them. */
export const CLAIM_OTHERS_BURST = 16;
export const CLAIM_OTHERS_RATE = 1;
/** Sources whose claims are counted, each of both kinds. */
export const CLAIM_SOURCES_MAX = 1024;
/** TXT strings looked at, and their bytes in all; more is a record not worth keeping. */
export const TEXT_STRINGS_MAX = 32;
export const TEXT_BYTES_MAX = 1300;

/** A timer that comes this late means the machine slept (§8.3, §5.2: announce and ask as at the start). */
export const WAKE_AFTER_MS = 5_000;
