/** A disk as the store sees it: records in order; a kill keeps what was handed over, a power cut only what was flushed. */
export class Disk {
  readonly #records: Uint8Array[] = [];
  #flushed = 0;
  /** Set: appending fails with this text, as on a full or read-only disk. */
  failure: string | undefined;

  get records(): readonly Uint8Array[] {
    return this.#records;
  }

  /** @returns the record's ref, or undefined if the disk refuses. */
  append(record: Uint8Array): number | undefined {
    if (this.failure !== undefined) return undefined;
    this.#records.push(record.slice());
    return this.#records.length - 1;
  }

  read(ref: number): Uint8Array | undefined {
    return this.#records[ref];
  }

  /** The records that are meant are there no more. */
  erase(isMeant: (record: Uint8Array) => boolean): void {
    const left = this.#records.filter((record) => !isMeant(record));
    this.#records.splice(0, this.#records.length, ...left);
    this.#flushed = left.length;
  }

  replace(ref: number, record: Uint8Array | undefined): void {
    this.#records[ref] = record?.slice() ?? Uint8Array.of(0x80);
  }

  flush(): void {
    this.#flushed = this.#records.length;
  }

  /** Power is cut: of what was not flushed, only the first `kept` records are there afterwards. */
  cutPower(kept: number): void {
    this.#records.length = Math.min(this.#records.length, this.#flushed + kept);
    this.#flushed = this.#records.length;
  }
}
