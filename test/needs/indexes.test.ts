import { describe, expect, it } from 'vitest'
import { createYeti, dropIndexes, grant, mend } from './support.ts'

describe('an index', () => {
  it('MUST count whatever its name is and whatever comes after its columns', async () => {
    await using yeti = await createYeti('primary')
    await grant(yeti)
    await yeti.run(`${dropIndexes('billing.payments', '(account_id)')};
      CREATE INDEX "Another Name" ON billing.payments (account_id, amount)`)
    expect(await yeti.findings()).toEqual([])
  })

  it.each([
    ['is for some rows only', 'CREATE INDEX ON billing.payments (account_id) WHERE amount > 0'],
    ['begins with another column', 'CREATE INDEX ON billing.payments (amount, account_id)'],
    ['is of an expression', 'CREATE INDEX ON billing.payments ((account_id + 0))'],
    ['cannot find one value', 'CREATE INDEX ON billing.payments USING brin (account_id)'],
  ])('MUST NOT count where it %s', async (_, statement) => {
    await using yeti = await createYeti('primary')
    await grant(yeti)
    await yeti.run(`${dropIndexes('billing.payments', '(account_id)')}; ${statement}`)
    expect((await yeti.findings()).map(({ what }) => what)).toEqual(['billing.payments has no index by account_id'])
  })

  it('MUST count where each partition has its own, and tell of those that have none', async () => {
    await using yeti = await createYeti('cdr')
    await grant(yeti)
    await yeti.run(`${dropIndexes('cdr.cdr', '(vendor_id, time_start)')};
      DO $$ DECLARE part text; BEGIN
        FOR part IN SELECT relid::text FROM pg_partition_tree('cdr.cdr') WHERE isleaf LOOP
          EXECUTE format('CREATE INDEX ON %s (vendor_id, time_start)', part);
        END LOOP;
      END $$`)
    expect(await yeti.findings()).toEqual([])
    await yeti.run(`DO $$ BEGIN EXECUTE (
      SELECT 'DROP INDEX ' || min(indexrelid::regclass::text) FROM pg_index
      WHERE indrelid IN (SELECT relid FROM pg_partition_tree('cdr.cdr') WHERE isleaf)
        AND pg_get_indexdef(indexrelid) LIKE '%(vendor_id, time_start)%'); END $$`)
    expect((await yeti.findings()).map(({ what }) => what)).toEqual([
      'cdr.cdr has no index by vendor_id, time_start, nor have 1 of its 7 partitions',
    ])
    const made = async (): Promise<number> =>
      await yeti.rows("SELECT FROM pg_indexes WHERE schemaname = 'cdr' AND indexdef LIKE '%(vendor_id, time_start)%'")
    const before = await made()
    await mend(yeti, await yeti.findings())
    // That of the table and the one that was missing: the others were taken over.
    expect((await made()) - before).toBe(2)
    expect(await yeti.findings()).toEqual([])
  })

  it('that Yeti has not either is a hint, where there are many rows', async () => {
    await using yeti = await createYeti('primary')
    await grant(yeti)
    await yeti.run(`UPDATE pg_class SET reltuples = 250000 WHERE oid = 'class4.destinations'::regclass`)
    const found = await yeti.findings()
    expect(found.map(({ level, what }) => [level, what])).toEqual([
      ['hint', 'class4.destinations has no index by rate_group_id'],
    ])
    await mend(yeti, found)
    expect(await yeti.findings()).toEqual([])
  })
})

describe('partitions', () => {
  it('MUST be told of where calls of today have nowhere to go, and tomorrow as a hint', async () => {
    await using yeti = await createYeti('cdr')
    await grant(yeti)
    await yeti.run(`DO $$ DECLARE part text; BEGIN
      FOR part IN SELECT relid::text FROM pg_partition_tree('cdr.cdr') WHERE isleaf LOOP
        EXECUTE 'DROP TABLE ' || part;
      END LOOP;
    END $$`)
    const found = await yeti.findings()
    expect(found.map(({ level }) => level)).toEqual(['without', 'hint'])
    expect(found[0]?.what).toMatch(/^cdr\.cdr has no partition for today, \d{4}-\d\d-\d\d in UTC$/)
    expect(found[0]?.then).toMatch(/cannot be stored/)
    await mend(yeti, found)
    // Midnight may have come in between.
    expect((await yeti.findings()).filter(({ level }) => level !== 'hint')).toEqual([])
  })

  it.each(["FOR VALUES FROM (MINVALUE) TO ('2100-01-01 00:00:00+02')", 'DEFAULT'])(
    'MUST count however large they are: %s',
    async (bound) => {
      await using yeti = await createYeti('cdr')
      await grant(yeti)
      await yeti.run(`DO $$ DECLARE part text; BEGIN
        FOR part IN SELECT relid::text FROM pg_partition_tree('cdr.cdr') WHERE isleaf LOOP
          EXECUTE 'DROP TABLE ' || part;
        END LOOP;
      END $$; CREATE TABLE cdr.cdr_all PARTITION OF cdr.cdr ${bound}`)
      expect(await yeti.findings()).toEqual([])
    },
  )
})
