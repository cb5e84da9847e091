import { join, raw, sql, type Row } from '../../databases.ts'
import { profileTable } from '../../profile-columns.ts'
import type { Finding } from '../finding.ts'
import type { SequenceRight } from '../need.ts'
import type { Needs } from '../needs.ts'
import { grantSequence } from '../sql-text.ts'
import { isReadable, type TableFacts } from './facts.ts'
import type { Query } from './look.ts'

interface SequenceFacts extends Row {
  readonly name: string
  readonly may_draw: boolean
  /** null: not to be seen. */
  readonly next: string | null
}

/** Sequences that are missing, may not be drawn from, or whose next numbers are taken. */
export async function sequenceFindings(
  query: Query,
  { sequences }: Needs,
  tables: ReadonlyMap<string, TableFacts>,
  role: string,
): Promise<readonly Finding[]> {
  const readable = sequences.filter(({ table }) => isReadable(tables, table, 'id'))
  // Read before the sequences, which only grow.
  const highest = await readHighest(query, readable)
  const found = new Map((await readSequences(query, sequences)).map((facts) => [facts.name, facts]))
  return sequences.flatMap((need) => {
    // Without its table there is none.
    if (!tables.has(need.table)) return []
    const hasDefault = tables.get(need.table)?.columns.get('id')?.isFilled === true
    return findingOf(need, found.get(need.sequence), hasDefault, highest.get(need.table) ?? null, role)
  })
}

function findingOf(
  need: SequenceRight,
  facts: SequenceFacts | undefined,
  hasDefault: boolean,
  highest: bigint | null,
  role: string,
): readonly Finding[] {
  const { sequence, table, without, isOptional } = need
  const level = isOptional ? 'without' : 'problem'
  const advance = `SELECT setval('${sequence}', (SELECT max(id) FROM ${table}));`
  const setDefault = `ALTER TABLE ${table} ALTER COLUMN id SET DEFAULT nextval('${sequence}');`
  if (facts === undefined) {
    const statements = [
      `CREATE SEQUENCE ${sequence} OWNED BY ${table}.id;`,
      advance,
      setDefault,
      grantSequence(need, role),
    ]
    return [{ level, what: `there is no sequence ${sequence}`, then: without, mend: statements.join('\n') }]
  }
  if (!hasDefault)
    return [{ level, what: `${table}.id must have a value and has no default`, then: without, mend: setDefault }]
  if (!facts.may_draw)
    return [{ level, what: `${role} may not draw from ${sequence}`, then: without, mend: grantSequence(need, role) }]
  if (highest === null || facts.next === null || BigInt(facts.next) > highest) return []
  const what = `${sequence} gives ${facts.next} next, and ${table} has rows up to ${highest}`
  // The gateway draws until a number is free; Yeti itself fails once for each number that is not.
  if (table === profileTable)
    return [{ level: 'hint', what, then: "adding a profile in Yeti's own pages fails at first", mend: advance }]
  return [{ level, what, then: `${without}, until its numbers are free`, mend: advance }]
}

async function readSequences(query: Query, sequences: readonly SequenceRight[]): Promise<readonly SequenceFacts[]> {
  return query<SequenceFacts>(sql`
    SELECT name, may_draw,
           CASE WHEN may_draw THEN coalesce(pg_sequence_last_value(oid) + seqincrement, seqstart)::text END AS next
    FROM (
      SELECT schema.nspname || '.' || relation.relname AS name, relation.oid, seqstart, seqincrement,
             has_sequence_privilege(relation.oid, 'USAGE') AS may_draw
      FROM pg_class relation JOIN pg_namespace schema ON schema.oid = relation.relnamespace
      JOIN pg_sequence ON seqrelid = relation.oid
      WHERE schema.nspname || '.' || relation.relname = ANY(${sequences.map(({ sequence }) => sequence)}::text[])
    ) found`)
}

async function readHighest(query: Query, needs: readonly SequenceRight[]): Promise<ReadonlyMap<string, bigint>> {
  if (needs.length === 0) return new Map()
  const parts = needs.map(
    ({ table }) => sql`SELECT ${table}::text AS name, max(id)::text AS highest FROM ${raw(table)}`,
  )
  const rows = await query<{ name: string; highest: string | null }>(join(parts, ' UNION ALL '))
  return new Map(rows.flatMap(({ name, highest }) => (highest === null ? [] : [[name, BigInt(highest)] as const])))
}
