/** Bytes, as file systems have it. */
const longest = 255

/**
 * Whether a file can have this name: one that leads elsewhere in a directory is none, and in a bucket neither, so that
 * both kinds of store hold the same files. What begins with a dot is hidden: a store's own.
 */
export function isFileName(name: string): boolean {
  return /^[^./\\\0\p{Cs}][^/\\\0\p{Cs}]*$/u.test(name) && Buffer.byteLength(name) <= longest
}
