import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { youngColumns } from '../../src/backends/absent-columns.ts'
import { mappedTables } from '../../src/backends/migrate/prisma-models.ts'
import { features, featureNames } from '../../src/backends/needs/features.ts'
import { indexNeeds } from '../../src/backends/needs/indexes.ts'
import { upgradeFor } from '../../src/backends/needs/markers.ts'
import { needsOf } from '../../src/backends/needs/needs.ts'
import { yetiTables } from '../support/yeti/facts.ts'

/** What the list of Yeti's columns leaves out. */
const beyondFacts = ['class4.gateways', 'class4.routing_tags']

const rights = (['primary', 'cdr'] as const).flatMap((database) => needsOf(database, featureNames).rights)

describe('the table of needs', () => {
  it.each(rights.map((right) => ({ ...right, list: right.columns.toString() })))(
    'MUST name what Yeti has: $privilege on $table ($list)',
    ({ database, table, columns }) => {
      if (beyondFacts.includes(table)) return
      const known = yetiTables(database).find(({ schema, name }) => `${schema}.${name}` === table)
      const names = known?.columns.map(({ name }) => name) ?? []
      expect(names.length).toBeGreaterThan(0)
      for (const column of columns === 'all' ? [] : columns) expect(names).toContain(column)
    },
  )

  it('MUST name nothing whose type is not known, since that could not be compared', async () => {
    const models = [...(await mappedTables('primary')), ...(await mappedTables('cdr'))]
    for (const { table, columns } of [...rights, ...indexNeeds]) {
      const model = models.find(({ schema, table: name }) => `${schema}.${name}` === table)
      const mapped = model?.columns.map(({ column }) => column) ?? []
      expect([table, mapped.length > 0]).toEqual([table, true])
      for (const column of columns === 'all' ? [] : columns)
        expect([table, mapped]).toEqual([table, expect.arrayContaining([column])])
    }
  })

  it('MUST name no right twice for the same features', () => {
    const keys = rights.map(({ database, table, privilege, features: of }) =>
      [database, table, privilege, of.join()].join(' '),
    )
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('MUST write nothing for whoever only reads, and nothing at all in the CDR database', () => {
    const writing = rights.filter(({ privilege }) => privilege !== 'SELECT')
    expect(writing.filter(({ features: of }) => of.includes('read'))).toEqual([])
    expect(writing.filter(({ database }) => database === 'cdr')).toEqual([])
  })

  it('MUST know the migration of each column that may be missing', () => {
    for (const [table, columns] of youngColumns)
      for (const column of columns.keys())
        expect(upgradeFor('primary', `${table}.${column}`)).toMatch(/its migration \d{14} of/)
  })
})

describe('docs/existing-yeti.md', () => {
  it('MUST have every set', async () => {
    const page = await readFile(new URL('../../docs/existing-yeti.md', import.meta.url), 'utf8')
    for (const name of featureNames) {
      expect(page).toContain(`| \`${name}\``)
      expect(page).toContain(`-- ${name}: ${features[name]}`)
    }
  })
})
