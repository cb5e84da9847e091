import { describe, expect, it } from 'vitest'
import { grantsSql } from '../../src/backends/needs/grants.ts'
import { createYeti, grant, mend, type Yeti } from './support.ts'

describe('what an older Yeti has not', () => {
  const cases = [
    ['billing.payments', 'currency_id', 'problem', /^what uses it fails: customers cannot pay by C/, '20260704115624'],
    ['billing.payments', 'rolledback_at', 'problem', /fails: customers see no payments$/, '20251011072900'],
    ['class4.destinations', 'attempt_fee', 'without', /shown as empty/, '20260629120000'],
    ['billing.accounts', 'currency_name', 'without', /shown as empty/, '20260311100000'],
  ] as const

  it.each(cases)(
    'MUST be told with the migration that brings it: %s.%s',
    async (table, column, level, then, migration) => {
      await using yeti = await createYeti('primary')
      await yeti.run(`ALTER TABLE ${table} DROP COLUMN ${column}`)
      // As printed: what cannot be granted is left out, and the rest holds.
      for (const statement of grants(yeti)) await yeti.run(statement).catch(() => undefined)
      const columns = (await yeti.findings()).filter(({ mend: text }) => !text.startsWith('GRANT '))
      expect(columns).toEqual([
        {
          level,
          what: `${table} has no column ${column}`,
          then: expect.stringMatching(then),
          mend: `upgrade Yeti: its migration ${migration} of the primary database brings it`,
        },
      ])
      // The rights that can be had without it.
      await mend(
        yeti,
        (await yeti.findings()).filter(({ mend: text }) => text.startsWith('GRANT ')),
      )
      expect(await yeti.findings()).toEqual(columns)
    },
  )

  it('MUST be told of whole tables', async () => {
    await using yeti = await createYeti('primary')
    await yeti.run('DROP TABLE billing.services CASCADE')
    for (const statement of grants(yeti)) await yeti.run(statement).catch(() => undefined)
    expect(await yeti.findings()).toEqual([
      {
        level: 'problem',
        what: 'there is no table billing.services',
        then: 'customers see no services',
        mend: 'upgrade Yeti: its migration 20240425124935 of the primary database brings it',
      },
    ])
  })

  it('MUST be told of flags as what holds without them, and is no problem', async () => {
    await using yeti = await createYeti('primary')
    await yeti.run(
      'ALTER TABLE sys.customer_portal_access_profiles DROP COLUMN webrtc_dialer, DROP COLUMN allow_listen_recording',
    )
    await grant(yeti)
    expect(await yeti.findings()).toEqual([
      {
        level: 'without',
        what: 'sys.customer_portal_access_profiles has no column allow_listen_recording',
        then: 'nobody has what this flag stands for, whatever the profile',
        mend: 'upgrade Yeti: its migration 20260222000000 of the primary database brings it',
      },
      {
        level: 'without',
        what: 'sys.customer_portal_access_profiles has no column webrtc_dialer',
        then: 'everybody has what this flag stands for, whatever the profile',
        mend: 'upgrade Yeti: its migration 20260404183736 of the primary database brings it',
      },
    ])
  })

  it('MUST be told as a problem of a flag that its age does not explain', async () => {
    await using yeti = await createYeti('primary')
    await yeti.run('ALTER TABLE sys.customer_portal_access_profiles DROP COLUMN invoices')
    await grant(yeti)
    expect(await yeti.findings()).toEqual([
      expect.objectContaining({ level: 'problem', then: 'nobody has what this flag stands for, whatever the profile' }),
    ])
  })

  function grants({ role }: Yeti): string[] {
    return grantsSql({ role, database: 'primary' }).split(/;\n/)
  }
})
