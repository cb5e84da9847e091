/**
 * Options of a field that is only read off its object: no arguments, no waiting, no failure, and in the very form that
 * goes out. Of a list's rows all such fields are read at once (`execution/values.ts`), once their rules have been asked.
 */
export function plain<Source, Value>(read: (source: Source) => Value) {
  return { resolve: read, extensions: { plain: read } }
}

/** How a plain field is read; undefined for any other. */
export function plainReader({
  extensions,
}: {
  readonly extensions: Readonly<Record<string, unknown>>
}): ((source: unknown) => unknown) | undefined {
  const read = extensions['plain']
  return isReader(read) ? read : undefined
}

function isReader(value: unknown): value is (source: unknown) => unknown {
  return typeof value === 'function'
}
