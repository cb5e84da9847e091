import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { featureNames, type Feature } from '../../src/backends/needs/features.ts'
import type { SequenceRight, TableRight } from '../../src/backends/needs/need.ts'
import { needsOf, schemasOf } from '../../src/backends/needs/needs.ts'
import { grantTable } from '../../src/backends/needs/sql-text.ts'
import { copyTemplates } from '../support/copies.ts'
import { createYeti, grant, mend, ungrant, withRole, type DatabaseName, type Yeti } from './support.ts'

const yetis = new Map<DatabaseName, Yeti>()

beforeAll(async () => {
  for (const database of ['primary', 'cdr'] as const) yetis.set(database, await createYeti(database))
})

afterAll(async () => {
  for (const yeti of yetis.values()) await yeti[Symbol.asyncDispose]()
})

function yetiOf(database: DatabaseName): Yeti {
  const yeti = yetis.get(database)
  if (yeti === undefined) throw new Error('it was made before')
  return yeti
}

/** Who is refused is refused before anything is done. */
async function mayRun(yeti: Yeti, statement: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: yeti.roleUrl })
  await client.connect()
  try {
    await client.query(`EXPLAIN ${statement}`)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '42501') return false
    throw error
  } finally {
    await client.end()
  }
}

/** A statement that needs nothing but this right. */
function statementOf({ privilege, table, columns }: TableRight): string {
  const names = columns === 'all' ? [] : columns
  switch (privilege) {
    case 'SELECT':
      return `SELECT ${columns === 'all' ? '*' : names.join(', ')} FROM ${table}`
    case 'INSERT':
      return columns === 'all'
        ? `INSERT INTO ${table} DEFAULT VALUES`
        : `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => 'DEFAULT').join(', ')})`
    case 'UPDATE':
      return `UPDATE ${table} SET ${(columns === 'all' ? ['name', 'invoices'] : names).map((name) => `${name} = DEFAULT`).join(', ')}`
    case 'DELETE':
      return `DELETE FROM ${table}`
  }
}

const databases = ['primary', 'cdr'] as const

/** Everybody who needs a right has at least these features. */
const setsOf = (database: DatabaseName): Map<string, readonly Feature[]> => {
  const all = needsOf(database, featureNames)
  return new Map([...all.rights, ...all.sequences].map(({ features }) => [features.join(' and '), features]))
}

const sets = databases.flatMap((database) =>
  [...setsOf(database)].map(([name, features]) => ({ database, name, features })),
)

describe.each(sets)('the rights of $name in the $database database', ({ database, features }) => {
  const needs = needsOf(database, features)
  const isOwn = (need: TableRight | SequenceRight): boolean => need.features.join() === features.join()
  let yeti: Yeti
  let role = ''

  beforeAll(async () => {
    yeti = yetiOf(database)
    role = pg.escapeIdentifier(yeti.role)
    await ungrant(yeti)
    await grant(yeti, features)
  })

  it('MUST be all that is needed', async () => {
    expect(await yeti.findings(features)).toEqual([])
  })

  it.each(needs.rights.filter(isOwn).map((right) => ({ ...right, list: right.columns.toString() })))(
    'MUST miss $privilege on $table ($list), and mend it',
    async (right) => {
      const others = needs.rights.filter(
        (other) =>
          other.table === right.table &&
          other.privilege === right.privilege &&
          statementOf(other) + other.features.join() !== statementOf(right) + right.features.join(),
      )
      await yeti.run(`REVOKE ${right.privilege} ON ${right.table} FROM ${role};
        ${others.map((other) => grantTable(other, yeti.role)).join('\n')}`)
      expect(await mayRun(yeti, statementOf(right))).toBe(false)

      const found = await yeti.findings(features)
      expect(found.map(({ level, then }) => [level, then])).toEqual([
        [right.isOptional ? 'without' : 'problem', right.without],
      ])
      expect(found[0]?.what).toMatch(new RegExp(`^${yeti.role} may not .*${right.table}( |$)`))
      expect(found[0]?.mend).toMatch(new RegExp(`^GRANT ${right.privilege}\\b[^;]*\\s${right.table}\\s[^;]*;$`))

      await mend(yeti, found)
      expect(await mayRun(yeti, statementOf(right))).toBe(true)
      expect(await yeti.findings(features)).toEqual([])
    },
  )

  it.each(
    schemasOf({ rights: needs.rights.filter(isOwn), sequences: needs.sequences.filter(isOwn) }).map((schema) => ({
      schema,
    })),
  )('MUST miss the use of the schema $schema, and mend it', async ({ schema }) => {
    await yeti.run(`REVOKE USAGE ON SCHEMA ${schema} FROM ${role}`)
    const found = await yeti.findings(features)
    expect(found.map(({ what }) => what)).toEqual([`${yeti.role} may not use the schema ${schema}`])
    await mend(yeti, found)
    expect(await yeti.findings(features)).toEqual([])
  })

  it.each(needs.sequences.filter(isOwn))(
    'MUST miss numbers of $sequence, and mend it',
    async ({ sequence, isOptional }) => {
      await yeti.run(`REVOKE ALL ON SEQUENCE ${sequence} FROM ${role}`)
      const found = await yeti.findings(features)
      expect(found.map(({ level, what }) => [level, what])).toEqual([
        [isOptional ? 'without' : 'problem', `${yeti.role} may not draw from ${sequence}`],
      ])
      await mend(yeti, found)
      expect(await yeti.findings(features)).toEqual([])
    },
  )

  it('MUST be told to whom has fewer features', async () => {
    for (const feature of featureNames.filter((name) => !features.includes(name) && name !== 'read')) {
      const own = needsOf(database, [feature]).rights.filter((right) => right.features.includes(feature))
      const found = await yeti.findings([feature])
      expect(found.length > 0).toBe(own.length > 0)
    }
  })
})

describe.each(featureNames)('a role with the rights of %s on the databases of the demo', (feature) => {
  it('MUST have nothing to mend', async () => {
    const copies = await copyTemplates()
    for (const database of databases) {
      await using yeti = await withRole(database, copies[database].url)
      if (database === 'primary') await yeti.run('DROP SCHEMA portal CASCADE')
      await grant(yeti, [feature])
      expect(await yeti.findings([feature])).toEqual([])
    }
  })
})

describe('a role with all rights', () => {
  it('MUST read nothing of what is none of the portal’s business', async () => {
    const secrets = {
      primary: [
        'SELECT auth_password FROM class4.gateways',
        'SELECT incoming_auth_password FROM class4.gateways',
        'SELECT reset_password_token FROM gui.admin_users',
        'SELECT oidc_raw_info FROM gui.admin_users',
        'SELECT object FROM gui.versions',
        'SELECT variables FROM billing.services',
        'SELECT variables FROM billing.service_types',
        'SELECT ip FROM class4.customers_auth',
        'SELECT address FROM public.contractors',
        'SELECT email FROM notifications.contacts',
        'SELECT request_body FROM logs.api_requests',
      ],
      cdr: ['SELECT profit FROM cdr.cdr', 'SELECT metadata FROM cdr.cdr', 'SELECT pdf_error FROM billing.invoices'],
    }
    for (const database of databases) {
      const yeti = yetiOf(database)
      await ungrant(yeti)
      await grant(yeti)
      for (const statement of secrets[database])
        expect([statement, await mayRun(yeti, statement)]).toEqual([statement, false])
    }
  })

  it('MUST change nothing but what its features change', async () => {
    const { rows: byTable } = await rightsIn('primary')
    expect(byTable).toEqual([
      'DELETE class4.numberlist_items',
      'DELETE sys.api_access',
      'DELETE sys.customer_portal_access_profiles',
      'INSERT billing.payments',
      'INSERT class4.numberlist_items',
      'INSERT gui.versions',
      'INSERT sys.api_access',
      'INSERT sys.cdr_exports',
      'INSERT sys.customer_portal_access_profiles',
      'UPDATE billing.accounts',
      'UPDATE billing.payments',
      'UPDATE class4.numberlist_items',
      'UPDATE sys.api_access',
      'UPDATE sys.cdr_exports',
      'UPDATE sys.customer_portal_access_profiles',
    ])
    expect((await rightsIn('cdr')).rows).toEqual([])
  })
})

/** What the role may do besides reading, as the database has it. */
async function rightsIn(database: DatabaseName): Promise<{ rows: string[] }> {
  const yeti = yetiOf(database)
  const client = new pg.Client({ connectionString: yeti.url })
  await client.connect()
  const { rows } = await client.query<{ line: string }>(
    `SELECT DISTINCT privilege_type || ' ' || table_schema || '.' || table_name AS line FROM (
       SELECT privilege_type, table_schema, table_name, grantee FROM information_schema.table_privileges
       UNION ALL SELECT privilege_type, table_schema, table_name, grantee FROM information_schema.column_privileges
     ) given WHERE grantee = $1 AND privilege_type <> 'SELECT' AND table_schema <> 'portal' ORDER BY 1`,
    [yeti.role],
  )
  await client.end()
  return { rows: rows.map(({ line }) => line) }
}
