/** Frames into a sealed datagram (protocol.md §Sealed datagrams). */
import { DATAGRAM_SIZE_MAX, SEALED_OVERHEAD_MAX, TAG_SIZE } from '../base/limits.ts';
import type { AeadKey } from '../crypto/suite.ts';
import { sealedHeader } from '../wire/datagram.ts';
import { framesHead } from '../wire/frame.ts';

/** The head of the array of frames at its largest. */
const FRAMES_HEAD_MAX = 3;
/** Bytes of frames that one datagram carries. */
export const PACKET_ROOM_MAX = DATAGRAM_SIZE_MAX - SEALED_OVERHEAD_MAX - FRAMES_HEAD_MAX;

/** Where plaintexts are put together; nothing in it outlives a call. */
const plaintext = new Uint8Array(DATAGRAM_SIZE_MAX);

/** @param frames encoded, PACKET_ROOM_MAX bytes at most. @returns the datagram. */
export const sealPacket = (
  key: AeadKey,
  connectionId: number,
  packetNumber: number,
  frames: readonly Uint8Array[],
): Uint8Array => {
  const head = framesHead(frames.length);
  plaintext.set(head, 0);
  let length = head.length;
  for (const frame of frames) {
    plaintext.set(frame, length);
    length += frame.length;
  }
  const header = sealedHeader(connectionId, packetNumber, length + TAG_SIZE);
  const ciphertext = key.seal(packetNumber, header, plaintext.subarray(0, length));
  const datagram = new Uint8Array(header.length + ciphertext.length);
  datagram.set(header, 0);
  datagram.set(ciphertext, header.length);
  return datagram;
};
