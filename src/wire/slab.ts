/**
 * Room for bytes that are made often and are small: cut from a shared slab, since an allocation of its own costs a few hundred
 * nanoseconds each. What was cut is never handed out twice; it keeps its slab alive.
 */
const SLAB_SIZE = 16 * 1024;
/** Larger requests, and those the engine keeps on its own heap, get their own memory. */
const SHARED_MAX = 4 * 1024;
const SHARED_MIN = 64;

let slab = new ArrayBuffer(SLAB_SIZE);
let used = 0;

/** `sizeBytes` of zeroes. The array's `buffer` may be shared with others: pass on the array, not the buffer. */
export const allocate = (sizeBytes: number): Uint8Array => {
  if (sizeBytes > SHARED_MAX || sizeBytes <= SHARED_MIN) return new Uint8Array(sizeBytes);
  if (used + sizeBytes > SLAB_SIZE) {
    slab = new ArrayBuffer(SLAB_SIZE);
    used = 0;
  }
  const bytes = new Uint8Array(slab, used, sizeBytes);
  used += sizeBytes;
  return bytes;
};
