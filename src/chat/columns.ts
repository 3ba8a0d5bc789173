/** Arrays of numbers as bytes and back, in the byte order of this machine: for a snapshot, which never leaves it. */

export type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** The first `length` numbers of each column, behind their count. */
export const packColumns = (length: number, columns: readonly Column[]): Uint8Array => {
  const width = columns.reduce((sum, column) => sum + column.BYTES_PER_ELEMENT, 0);
  const bytes = new Uint8Array(4 + width * length);
  new DataView(bytes.buffer).setUint32(0, length, true);
  let at = 4;
  for (const column of columns) {
    const size = length * column.BYTES_PER_ELEMENT;
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, size), at);
    at += size;
  }
  return bytes;
};

/**
 * Fills columns that `make` has made for so many numbers and a few more.
 * @returns the count; undefined if the bytes are not what `packColumns` gave for such columns.
 */
export const unpackColumns = (bytes: Uint8Array, make: (capacity: number) => readonly Column[]): number | undefined => {
  if (bytes.length < 4) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const width = make(0).reduce((sum, column) => sum + column.BYTES_PER_ELEMENT, 0);
  if (bytes.length !== 4 + width * length) return undefined;
  let at = 4;
  for (const column of make(length + 16)) {
    const size = length * column.BYTES_PER_ELEMENT;
    new Uint8Array(column.buffer, column.byteOffset, size).set(bytes.subarray(at, at + size));
    at += size;
  }
  return length;
};
