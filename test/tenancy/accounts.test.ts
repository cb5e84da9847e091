import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accounts, body, globalId, lists, startTenants, type Tenants } from './support.ts'

let tenants: Tenants
beforeAll(async () => {
  tenants = await startTenants()
})
afterAll(() => tenants[Symbol.asyncDispose]())

const unknown = globalId('Account', '00000000-0000-4000-8000-000000000000')

describe.each(lists.filter(({ type }) => type !== 'Account'))('$field, filtered by account,', (list) => {
  const idsOf = async (login: string, accountId: object) => (await tenants.listed(list, login, { accountId })).ids

  test('MUST have nothing for somebody else’s, and everything without it', async () => {
    const all = await tenants.ownRows(list, 'erin')
    const ofTrunk = await tenants.rowsOf(list, 102, accounts.trunk)
    const own = await tenants.accountId(accounts.trunk)
    expect(await idsOf('erin', { eq: own })).toEqual(ofTrunk)
    expect(await idsOf('erin', { notEq: own })).toEqual(all.filter((id) => !ofTrunk.includes(id)))
    for (const foreign of [await tenants.accountId(accounts.main), await tenants.accountId(accounts.third), unknown]) {
      expect(await idsOf('erin', { eq: foreign })).toEqual([])
      expect(await idsOf('erin', { in: [foreign] })).toEqual([])
      expect(await idsOf('erin', { in: [foreign, own] })).toEqual(ofTrunk)
      expect(await idsOf('erin', { notEq: foreign })).toEqual(all)
      expect(await idsOf('erin', { notIn: [foreign] })).toEqual(all)
      expect(await idsOf('erin', { notIn: [foreign, own] })).toEqual(all.filter((id) => !ofTrunk.includes(id)))
    }
  })

  test('MUST keep a login to its own accounts', async () => {
    const [main, retail] = [await tenants.accountId(accounts.main), await tenants.accountId(accounts.retail)]
    const own = await tenants.ownRows(list, 'frank')
    expect(await idsOf('frank', { eq: main })).toEqual([])
    expect(await idsOf('frank', { in: [main, retail] })).toEqual(own)
    expect(await idsOf('frank', { notEq: main })).toEqual(own)
    expect(await idsOf('frank', { notEq: retail })).toEqual([])
    expect(await idsOf('alice', { eq: main })).toEqual(await tenants.rowsOf(list, 101, accounts.main))
  })
})

describe.each(['outgoingStatistics', 'incomingStatistics', 'outgoingActiveCalls'])('%s', (field) => {
  const statistics = field.endsWith('Statistics')
  const more = statistics ? ', fromTime: "2000-01-01T00:00:00Z", sampling: MONTH' : ''
  const query = `query ($id: ID!) { ${field}(accountId: $id${more}) { ${statistics ? 'totals { totalCalls }' : 'count'} } }`

  test('MUST refuse somebody else’s account, another of one’s own that the login may not see, and none, alike', async () => {
    for (const [login, other] of [['erin', accounts.main], ['erin', accounts.third], ['frank', accounts.main]] as const) {
      const refused = body(await tenants.as(login, query, { id: unknown }))
      expect(refused).toMatchObject({
        status: 200,
        data: { [field]: null },
        errors: [{ message: 'accountId: no such account.', extensions: { code: 'BAD_USER_INPUT', argument: 'accountId' } }],
      })
      expect(body(await tenants.as(login, query, { id: await tenants.accountId(other) }))).toEqual(refused)
    }
  }) // prettier-ignore

  test.runIf(statistics)('MUST count the calls of the account that may be seen, and no others', async () => {
    const condition = field === 'outgoingStatistics' ? 'customer_acc_id = $1 AND is_last_cdr' : 'vendor_acc_id = $1'
    for (const [login, account] of [['frank', accounts.retail], ['alice', accounts.retail], ['erin', accounts.trunk]] as const) {
      const { rows } = await tenants.gateway.cdr.query(`SELECT count(*)::int AS n FROM cdr.cdr WHERE ${condition}`, [account])
      const { data } = await tenants.as(login, query, { id: await tenants.accountId(account) })
      expect(data).toEqual({ [field]: { totals: { totalCalls: rows[0].n } } })
      expect(rows[0].n).toBeGreaterThan(0)
    }
  }) // prettier-ignore

  test('MUST take nothing for an account but the id of one', async () => {
    for (const id of ['201', '', globalId('Account', 201), globalId('OutgoingCdr', 1)]) {
      const { data, errors } = await tenants.as('alice', query, { id })
      expect(data).toEqual({ [field]: null })
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'accountId' } }])
    }
  })
})
