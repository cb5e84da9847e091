import { sql, type Databases } from '../databases.ts'

/** Read once: PostgreSQL looks through a thousand files for them. */
const known = new WeakMap<Databases, Promise<ReadonlySet<string>>>()

/** Whether PostgreSQL knows a time zone by this name: both databases, since both read times by it. */
export async function isTimeZone(databases: Databases, name: string): Promise<boolean> {
  let names = known.get(databases)
  if (!names) {
    names = readNames(databases)
    known.set(databases, names)
    names.catch(() => known.delete(databases)) // the next one asks again
  }
  return (await names).has(name)
}

async function readNames(databases: Databases): Promise<ReadonlySet<string>> {
  const [ofCalls, ofPrimary] = await Promise.all(
    (['cdr', 'primary'] as const).map((database) =>
      databases.query<{ name: string }>(database, sql`SELECT name FROM pg_timezone_names`),
    ),
  )
  const both = new Set(ofPrimary?.map(({ name }) => name))
  return new Set(ofCalls?.flatMap(({ name }) => (both.has(name) ? [name] : [])))
}
