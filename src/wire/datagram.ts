/**
 * Datagrams: one CBOR array each (protocol.md §Datagrams).
 *
 * | kind | name         | fields after the kind                                                         |
 * |------|--------------|-------------------------------------------------------------------------------|
 * | 1    | sealed       | connection id u32, packet number u32, ciphertext bytes(≥16)                   |
 * | 2    | initiation   | version u32, source connection id u32, token bytes(0 or 32), noise bytes(32), padding bytes |
 * | 3    | response     | destination connection id u32, source connection id u32, noise bytes          |
 * | 4    | confirmation | destination connection id u32, noise bytes                                    |
 * | 5    | retry        | destination connection id u32, token bytes(32)                                |
 * | 6    | version      | destination connection id u32, versions [u32, …] (1–16 of them)               |
 */
export type Sealed = {
  readonly kind: 'sealed';
  readonly connectionId: number;
  readonly packetNumber: number;
  /** All bytes of the datagram before the content of the ciphertext: the associated data. */
  readonly header: Uint8Array;
  readonly ciphertext: Uint8Array;
};
/** `noise` is absent when `version` is not ours: only the first three fields are the same in every version. */
export type Initiation =
  | {
      readonly kind: 'initiation';
      readonly version: number;
      readonly sourceId: number;
      readonly isOurs: true;
      readonly token: Uint8Array;
      readonly noise: Uint8Array;
    }
  | { readonly kind: 'initiation'; readonly version: number; readonly sourceId: number; readonly isOurs: false };
export type Response = {
  readonly kind: 'response';
  readonly destinationId: number;
  readonly sourceId: number;
  readonly noise: Uint8Array;
};
export type Confirmation = { readonly kind: 'confirmation'; readonly destinationId: number; readonly noise: Uint8Array };
export type Retry = { readonly kind: 'retry'; readonly destinationId: number; readonly token: Uint8Array };
export type VersionNotice = { readonly kind: 'version'; readonly destinationId: number; readonly versions: readonly number[] };
export type Datagram = Sealed | Initiation | Response | Confirmation | Retry | VersionNotice;
