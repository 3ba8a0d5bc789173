/** Why a datagram, a frame or an announcement was discarded: one closed union, counted and shown by `/stats`. */
export type DropReason =
  // bytes
  | 'malformed-cbor'
  | 'not-canonical'
  | 'unknown-datagram'
  | 'malformed-datagram'
  | 'malformed-frame'
  | 'malformed-run'
  // handshake
  | 'version-mismatch'
  | 'bad-handshake'
  | 'bad-certificate'
  | 'superseded-certificate'
  | 'bad-retry-token'
  | 'rate-limited'
  | 'half-open-full'
  | 'sessions-full'
  | 'own-datagram'
  /** Another process has our key. */
  | 'own-key-elsewhere'
  | 'unexpected-handshake'
  | 'crossed-handshake'
  /** We are private, and it is not from a contact. */
  | 'stranger'
  /** We are in stealth, and answer nobody. */
  | 'stealth'
  // session
  | 'unknown-connection'
  | 'bad-seal'
  | 'replayed'
  | 'protocol-violation'
  | 'reassembly-full'
  // entries
  | 'bad-signature'
  | 'foreign-entry'
  | 'duplicate-entry'
  | 'conflicting-entry'
  | 'log-full'
  | 'unwanted-entry'
  // discovery
  | 'malformed-mdns'
  | 'own-announcement'
  | 'bad-target'
  | 'discovery-full'
  /** What `doctor` asks somebody else, or us while we hide. */
  | 'foreign-question';
