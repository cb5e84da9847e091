import type { Readable } from 'node:stream'

/** Where files are kept under plain names: a directory, or a bucket of an S3-compatible storage. */
export interface FileStore extends Disposable {
  /**
   * null when there is no such file. The name is data, not a path: one that could leave the store is never found. Throws
   * `UnavailableError` when the store does not answer.
   */
  find(name: string): Promise<StoredFile | null>
  /**
   * Writes a file from a stream; it appears under its name when it is complete, or not at all. The stream is used up or
   * destroyed afterwards. Throws what the stream or the file system failed with, or `UnavailableError`;
   * `TypeError` for a name that is none.
   */
  write(name: string, content: Readable): Promise<void>
  /** A file that is not there is no error. */
  remove(name: string): Promise<void>
}

/** A file that was there a moment ago. */
export interface StoredFile {
  /** Bytes. */
  readonly size: number
  readonly lastModified: Date
  /** As it stands in the header, with its quotes. */
  readonly etag: string
  /**
   * The bytes from `start` to `end`, both included; all of them by default. null when the file has gone or changed
   * meanwhile. Whoever asks reads it to its end or destroys it.
   */
  read(range?: { readonly start: number; readonly end: number }): Promise<Readable | null>
}

export interface FileStores extends Disposable {
  /** `<local_tag>.mp3`, or `.wav`. */
  readonly recordings: FileStore
  /** `<id>.csv.gz`. */
  readonly exports: FileStore
}
