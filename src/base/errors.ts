/**
 * Errors have a place: bad bytes are reason values (drop-reason.ts), a peer that breaks the protocol is closed with a
 * code (protocol.md §Close codes), a caller's mistake is an `ApiMisuse`, a bad world is a `WorldError`.
 */

/** The caller of a function gave it what its documentation excludes. */
export class ApiMisuse extends Error {
  override readonly name = 'ApiMisuse';
}

export type WorldErrorCode =
  | 'port-taken'
  | 'no-such-interface'
  | 'no-network'
  | 'profile-unreadable'
  | 'profile-damaged'
  | 'profile-not-writable'
  | 'profile-in-use'
  | 'name-not-resolved';

/** The world is not as expected: the message says what was expected, what was found and what to do. Thrown in platform/ only. */
export class WorldError extends Error {
  override readonly name = 'WorldError';
  readonly code: WorldErrorCode;
  constructor(code: WorldErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}
