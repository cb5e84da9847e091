/** The keys of a table that is written out, whose type has no others. Object.keys forgets that; here it is given back. */
export function keysOf<Key extends string>(table: Readonly<Record<Key, unknown>>): readonly Key[] {
  return Object.keys(table) as Key[]
}
