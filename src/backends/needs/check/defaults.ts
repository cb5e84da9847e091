import { sql } from '../../databases.ts'
import type { Finding } from '../finding.ts'
import type { Needs } from '../needs.ts'
import { quoted } from '../sql-text.ts'
import type { TableFacts } from './facts.ts'
import type { Query } from './look.ts'
import type { NeededTable } from './structure.ts'

/** What makes the public ids of Yeti's rows. */
const uuidFunction = 'uuid_generate_v1'

/** Columns that an insert of ours leaves to their defaults, and that have none; but for ids, see `sequenceFindings`. */
export async function defaultFindings(
  query: Query,
  { rights }: Needs,
  needed: ReadonlyMap<string, NeededTable>,
  tables: ReadonlyMap<string, TableFacts>,
): Promise<readonly Finding[]> {
  const lacking = rights
    .filter(({ privilege }) => privilege === 'INSERT')
    .flatMap((right) => {
      const all = needed.get(right.table)?.columns.map(({ column }) => column) ?? []
      const written = ['id', ...(right.columns === 'all' ? all : right.columns)]
      return unfilled(written, tables.get(right.table)).map((column) => ({ right, column }))
    })
  if (lacking.length === 0) return []
  const newId = await uuidDefault(query)
  return lacking.map(({ right: { table, without, isOptional }, column: { name, type } }) => {
    const set = `ALTER TABLE ${table} ALTER COLUMN ${quoted(name)} SET DEFAULT ${newId.call};`
    return {
      level: isOptional ? 'without' : 'problem',
      what: `${table}.${name} must have a value and has no default`,
      then: without,
      mend: type === 'uuid' ? `${newId.first}${set}` : 'this Yeti is younger than the gateway: upgrade the gateway',
    }
  })
}

function unfilled(
  written: readonly string[],
  table: TableFacts | undefined,
): readonly { readonly name: string; readonly type: string }[] {
  return [...(table?.columns ?? [])].flatMap(([name, { type, nullable, isFilled }]) =>
    nullable || isFilled || written.includes(name) ? [] : [{ name, type }],
  )
}

/** What makes a public id, and what has to be run before it can. */
async function uuidDefault(query: Query): Promise<{ readonly call: string; readonly first: string }> {
  const [found] = await query<{ name: string }>(sql`
    SELECT format('%I.%I()', nspname, proname) AS name FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
    WHERE proname = ${uuidFunction} AND pronargs = 0 ORDER BY nspname = 'public' DESC, nspname LIMIT 1`)
  if (found !== undefined) return { call: found.name, first: '' }
  return { call: `${uuidFunction}()`, first: 'CREATE EXTENSION IF NOT EXISTS "uuid-ossp";\n' }
}

/** Functions that such defaults call, and that the role may not. */
export async function functionFindings(query: Query, { rights }: Needs, role: string): Promise<readonly Finding[]> {
  const inserts = rights.filter(({ privilege }) => privilege === 'INSERT')
  const rows = await query<{ function: string; tables: string[] }>(sql`
    SELECT format('%I.%I(%s)', schema.nspname, function.proname, pg_get_function_identity_arguments(function.oid)) AS function,
           array_agg(DISTINCT home.nspname || '.' || relation.relname) AS tables
    FROM pg_attrdef preset
    JOIN pg_class relation ON relation.oid = preset.adrelid
    JOIN pg_namespace home ON home.oid = relation.relnamespace
    JOIN pg_depend uses ON uses.classid = 'pg_attrdef'::regclass AND uses.objid = preset.oid
      AND uses.refclassid = 'pg_proc'::regclass
    JOIN pg_proc function ON function.oid = uses.refobjid
    JOIN pg_namespace schema ON schema.oid = function.pronamespace
    WHERE home.nspname || '.' || relation.relname = ANY(${inserts.map(({ table }) => table)}::text[])
      AND NOT has_function_privilege(function.oid, 'EXECUTE')
    GROUP BY 1 ORDER BY 1`)
  return rows.map(({ function: name, tables }) => {
    const own = inserts.filter(({ table }) => tables.includes(table))
    return {
      level: own.every(({ isOptional }) => isOptional) ? ('without' as const) : ('problem' as const),
      what: `${role} may not call ${name}, which fills in columns of ${tables.join(', ')}`,
      then: [...new Set(own.map(({ without }) => without))].join('; '),
      mend: `GRANT EXECUTE ON FUNCTION ${name} TO ${quoted(role)};`,
    }
  })
}
