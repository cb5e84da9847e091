import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Denials, type DeniedViewer } from '../../src/backends/denials.ts'
import { createLog } from '../../src/log.ts'
import { inSeconds, makeToken } from '../identity/support/tokens.ts'
import { firstAccountOf, setActiveCalls, subscriptionTo } from '../subscriptions/support/calls.ts'
import { transports } from '../subscriptions/support/streams.ts'
import { allBut, customerSecret, only, startGateway, type Gateway } from '../support/gateway.ts'

let gateway: Gateway
let second: Gateway
let admin: string

beforeAll(async () => {
  gateway = await startGateway({ SUBSCRIPTION_INTERVAL: '0.1' })
  second = await gateway.another()
  admin = await gateway.admin()
})
afterAll(async () => {
  await second[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})
afterEach(async () => {
  for (const { app } of [gateway, second]) await app.services.denials.flush()
  await gateway.primary.query('DELETE FROM portal.denials')
})

type Count = Readonly<
  Record<'kind' | 'name' | 'permission', string> & { login: number | null; admin: number | null; count: number }
>

/** What is written down, past the gateway. */
async function counts(): Promise<Count[]> {
  for (const { app } of [gateway, second]) await app.services.denials.flush()
  const { rows } = await gateway.primary.query<Count & { today: boolean }>(
    `SELECT viewer_kind AS kind, viewer_name AS name, login_id AS login, admin_id AS admin, permission, count::int,
            day = (now() AT TIME ZONE 'UTC')::date AS today
     FROM portal.denials ORDER BY viewer_kind, viewer_name, permission`,
  )
  for (const { today } of rows) expect(today).toBe(true)
  return rows.map(({ today: _, ...row }) => row)
}

async function loginWith(name: string, flags: Parameters<Awaited<ReturnType<Gateway['login']>>['set']>[0]) {
  const { token, set } = await gateway.login(name)
  await set(flags)
  const { rows } = await gateway.primary.query<{ id: number }>('SELECT id FROM sys.api_access WHERE login = $1', [name])
  return { token, login: rows[0]?.id ?? 0 }
}

describe('A denied operation', () => {
  test('MUST count once for each permission it lacks, at however many places, and not for what it may', async () => {
    const { token, login } = await loginWith('counted', allBut('invoices', 'payments'))
    const query = '{ invoices { totalCount } more: invoices { totalCount } payments { totalCount } accounts { totalCount } }'
    for (let time = 0; time < 3; time += 1) await gateway.ask(query, { token })
    const row = { kind: 'login', name: 'counted', login, admin: null, count: 3 }
    expect(await counts()).toEqual([
      { ...row, permission: 'INVOICES' },
      { ...row, permission: 'PAYMENTS' },
    ])
    await gateway.ask('{ accounts { totalCount } }', { token })
    expect(await counts()).toHaveLength(2)
  }) // prettier-ignore

  test('MUST count also where all is refused for it, and for a filter alone', async () => {
    const { token } = await loginWith('rejected', only('account', 'outgoingCdrs'))
    await gateway.ask('{ accounts { totalCount } invoices { totalCount } }', { token, headers: { 'x-denied': 'reject' } })
    await gateway.ask('{ outgoingCdrs(where: { accountId: { eq: "QWNjb3VudDo=" } }) { totalCount } services { totalCount } }', { token })
    expect((await counts()).map(({ permission, count }) => [permission, count])).toEqual([['INVOICES', 1], ['SERVICES', 1]])
  }) // prettier-ignore

  test('MUST NOT count what it would have been told, or what is only explained', async () => {
    const { token, login } = await loginWith('explained', only())
    await gateway.ask('{ nonsense }', { token })
    await gateway.ask('{ viewer { __typename } }', { token })
    const loginId = Buffer.from(`PortalLogin:${login}`).toString('base64')
    const { errors } = await gateway.ask(
      '{ explainAccess(loginId: ' +
        JSON.stringify(loginId) +
        ', query: "{ invoices { totalCount } }") { __typename } }',
      { token: admin },
    )
    expect(errors).toBeUndefined()
    expect(await counts()).toEqual([])
  })

  test('MUST be booked on who asked: nobody, a customer who wants to administrate, an administrator', async () => {
    const { token, login } = await loginWith('curious', only())
    const limited = await gateway.admin('limited', ['nothing'])
    const query = '{ accessProfiles { totalCount } }'
    for (const asking of [{}, { token }, { token: limited }]) await gateway.ask(query, asking)
    const { rows } = await gateway.primary.query<{ id: number }>(`SELECT id FROM gui.admin_users WHERE username = 'limited'`)
    expect(await counts()).toEqual([
      { kind: 'admin', name: 'limited', login: null, admin: rows[0]?.id, permission: 'ADMIN_READ_ACCESS_PROFILES', count: 1 },
      { kind: 'anonymous', name: '', login: null, admin: null, permission: 'UNAUTHENTICATED', count: 1 },
      { kind: 'login', name: 'curious', login, admin: null, permission: 'ADMIN', count: 1 },
    ])
  }) // prettier-ignore

  test('MUST be booked on the customer of a dynamic token, which has no login', async () => {
    const { login } = await loginWith('profiled', only())
    const { rows: profiles } = await gateway.primary.query<{ id: number }>(
      'SELECT customer_portal_access_profile_id AS id FROM sys.api_access WHERE id = $1',
      [login],
    )
    const cfg = { customer_id: 101, customer_portal_access_profile_id: profiles[0]?.id }
    const token = makeToken({ sub: 'D', aud: ['customer-v1'], exp: inSeconds(60), cfg }, { secret: customerSecret })
    await gateway.ask('{ invoices { totalCount } }', { token })
    const { rows } = await gateway.primary.query<{ name: string }>('SELECT name FROM public.contractors WHERE id = 101')
    expect(await counts()).toEqual([
      { kind: 'dynamic_token', name: rows[0]?.name, login: null, admin: null, permission: 'INVOICES', count: 1 },
    ])
  })

  test('MUST be booked on the administrator who acts as a login, not on that login', async () => {
    const { login } = await loginWith('acted', only())
    const { data } = await gateway.ask('mutation ($id: ID!) { actAsPortalLogin(id: $id) { token } }', {
      token: admin,
      variables: { id: Buffer.from(`PortalLogin:${login}`).toString('base64') },
    })
    await gateway.ask('{ invoices { totalCount } }', { token: data.actAsPortalLogin.token })
    expect(await counts()).toEqual([
      { kind: 'acting_admin', name: 'admin', login: null, admin: 1, permission: 'INVOICES', count: 1 },
    ])
  })

  test.each(transports)('MUST count once for a subscription, when it starts, by %s', async (name, open) => {
    const { token } = await loginWith(`subscribed ${name}`, allBut('account'))
    const account = await firstAccountOf(gateway, 'alice')
    await using stream = await open(gateway.url, subscriptionTo(account, 'count account { name }'), { token })
    for (const calls of [1, 2, 3]) {
      await setActiveCalls(gateway, account, calls)
      await expect.poll(() => stream.events.at(-1)?.data?.outgoingActiveCalls.count, { timeout: 10_000 }).toBe(calls)
    }
    for (const { errors } of stream.events) expect(errors).toMatchObject([{ extensions: { permission: 'ACCOUNT' } }])
    expect((await counts()).map(({ permission, count }) => [permission, count])).toEqual([['ACCOUNT', 1]])
  })
})

describe('Counts of two processes', () => {
  test('MUST add up', async () => {
    const { token, login } = await loginWith('everywhere', only())
    await Promise.all(
      [gateway, second, gateway, second, second].map(({ ask }) => ask('{ invoices { totalCount } }', { token })),
    )
    expect(await counts()).toEqual([
      { kind: 'login', name: 'everywhere', login, admin: null, permission: 'INVOICES', count: 5 },
    ])
  })

  test('MUST be written in one statement each, and in any order at once', async () => {
    const { app } = gateway
    const viewer = (n: number): DeniedViewer => ({ kind: 'login', loginId: n, adminId: null, name: `login ${n}` })
    const many = Array.from({ length: 300 }, (_, n) => viewer(n + 1))
    const statements: string[] = []
    app.services.databases.onStatement = (_, text) => void statements.push(text)
    for (let round = 0; round < 5; round += 1) {
      for (const each of many) gateway.app.services.denials.count(each, ['INVOICES', 'ACCOUNT'])
      for (const each of many.toReversed()) second.app.services.denials.count(each, ['ACCOUNT', 'INVOICES'])
      await Promise.all([gateway, second].map(({ app }) => app.services.denials.flush()))
    }
    app.services.databases.onStatement = null
    expect(statements.filter((text) => text.includes('INSERT INTO portal.denials'))).toHaveLength(5)
    const rows = await counts()
    expect(rows).toHaveLength(600)
    expect(new Set(rows.map(({ count }) => count))).toEqual(new Set([10]))
  })
})

describe('What was counted', () => {
  const viewer: DeniedViewer = { kind: 'login', loginId: 7, adminId: null, name: 'seven' }

  test('MUST be written down by itself, and when the gateway stops', async () => {
    const { databases, log } = gateway.app.services
    const denials = new Denials({ databases, log, interval: 1 })
    denials.count(viewer, ['INVOICES'])
    await expect.poll(async () => (await counts()).length).toBe(1)

    const third = await gateway.another()
    const { token } = await loginWith('stopped', only())
    await third.ask('{ invoices { totalCount } }', { token })
    await third[Symbol.asyncDispose]()
    expect((await counts()).map(({ name, count }) => [name, count])).toEqual([['seven', 1], ['stopped', 1]])
  }) // prettier-ignore

  test('MUST be kept for the next time where it cannot be written, and no request fails', async () => {
    const { token } = await loginWith('patient', only())
    await gateway.primary.query('ALTER TABLE portal.denials RENAME TO denials_away')
    const answer = await gateway.ask('{ invoices { totalCount } }', { token })
    expect(answer.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    await gateway.app.services.denials.flush()
    await gateway.ask('{ invoices { totalCount } }', { token })
    await gateway.primary.query('ALTER TABLE portal.denials_away RENAME TO denials')
    expect(await counts()).toMatchObject([{ name: 'patient', count: 2 }])
  })

  test('MUST stay within bounds: what is too much to be told apart is not kept', async () => {
    const { databases } = gateway.app.services
    const denials = new Denials({ databases, log: createLog('silent') })
    for (let n = 1; n <= 12_000; n += 1) denials.count({ ...viewer, loginId: n }, ['INVOICES'])
    await denials[Symbol.asyncDispose]()
    expect(await counts()).toHaveLength(10_000)
    expect(denials.totals.get('INVOICES')).toBe(12_000)
  })

  test('MUST be removed after 400 days, and not before', async () => {
    await gateway.primary.query(
      `INSERT INTO portal.denials (day, viewer_kind, viewer_name, permission, count)
       SELECT (now() AT TIME ZONE 'UTC')::date - days, 'anonymous', '', 'UNAUTHENTICATED', 1 FROM unnest('{399,400,401,900}'::int[]) AS days`,
    )
    const { databases, log } = gateway.app.services
    await using denials = new Denials({ databases, log })
    denials.count(viewer, ['INVOICES'])
    await denials.flush()
    const { rows } = await gateway.primary.query(
      `SELECT (now() AT TIME ZONE 'UTC')::date - day AS age FROM portal.denials ORDER BY age`,
    )
    expect(rows.map(({ age }) => age)).toEqual([0, 399, 400])
  })

  test('MUST be in the metrics, by permission alone', async () => {
    const third = await gateway.another()
    const { token } = await loginWith('measured', only())
    await third.ask('{ invoices { totalCount } payments { totalCount } }', { token })
    await third.ask('{ invoices { totalCount } }', { token })
    await third.ask('{ accounts { totalCount } }')
    const text = await (await fetch(`${third.url}/metrics`)).text()
    const lines = text.split('\n').filter((line) => line.startsWith('graphql_denied_total'))
    expect(lines.sort()).toEqual([
      'graphql_denied_total{permission="INVOICES"} 2',
      'graphql_denied_total{permission="PAYMENTS"} 1',
      'graphql_denied_total{permission="UNAUTHENTICATED"} 1',
    ])
    await third[Symbol.asyncDispose]()
  })
})

describe('The list of denied requests', () => {
  const fields = 'id day viewerKind viewerName loginId adminId permission count portalLoginId portalLogin { login }'

  async function list(args: string, token = admin) {
    return gateway.ask(`{ deniedRequests${args} { totalCount nodes { ${fields} } } }`, { token })
  }

  let alice: number
  beforeAll(async () => {
    const { rows } = await gateway.primary.query<{ id: number }>(`SELECT id FROM sys.api_access WHERE login = 'alice'`)
    alice = rows[0]?.id ?? 0
  })
  const globalId = () => Buffer.from(`PortalLogin:${alice}`).toString('base64')

  async function fill(): Promise<void> {
    await gateway.primary.query(
      `INSERT INTO portal.denials (day, viewer_kind, login_id, viewer_name, permission, count) VALUES
         ('2026-03-01', 'login', 7, 'gone', 'INVOICES', 3),
         ('2026-03-02', 'login', ${alice}, 'alice', 'OUTGOING_STATISTICS_ACD_VALUE', 12345678901),
         ('2026-03-02', 'anonymous', NULL, '', 'UNAUTHENTICATED', 5),
         ('2026-03-03', 'acting_admin', NULL, 'admin', 'ADMIN', 1)`,
    )
  }

  test('MUST tell who was denied what on which day, the newest and most first', async () => {
    await fill()
    const { data, errors } = await list('')
    expect(errors).toBeUndefined()
    expect(data.deniedRequests.totalCount).toBe(4)
    expect(data.deniedRequests.nodes.map(({ viewerKind, permission, count }: Record<string, string>) => [viewerKind, permission, count])).toEqual([
      ['ACTING_ADMIN', 'ADMIN', '1'],
      ['LOGIN', 'OUTGOING_STATISTICS_ACD_VALUE', '12345678901'],
      ['ANONYMOUS', 'UNAUTHENTICATED', '5'],
      ['LOGIN', 'INVOICES', '3'],
    ])
    expect(data.deniedRequests.nodes[1]).toMatchObject({
      day: '2026-03-02T00:00:00.000Z',
      loginId: alice,
      portalLoginId: globalId(),
      portalLogin: { login: 'alice' },
    })
    expect(data.deniedRequests.nodes[3]).toMatchObject({ loginId: 7, viewerName: 'gone' })
  }) // prettier-ignore

  test.each([
    ['{ day: { gte: "2026-03-02T00:00:00Z", lt: "2026-03-03T00:00:00Z" } }', ['alice', '']],
    ['{ permission: { in: [INVOICES, ADMIN] } }', ['admin', 'gone']],
    ['{ viewerKind: { eq: LOGIN }, count: { gt: 3 } }', ['alice']],
    ['{ viewerName: { eq: "gone" } }', ['gone']],
    ['{ loginId: { eq: ALICE } }', ['alice']],
    ['{ portalLoginId: { eq: "ALICES_ID" } }', ['alice']],
  ])('MUST be filtered by %s', async (where, names) => {
    await fill()
    const { data, errors } = await list(
      `(where: ${where.replace('ALICES_ID', globalId()).replace('ALICE', String(alice))})`,
    )
    expect(errors).toBeUndefined()
    expect(data.deniedRequests.nodes.map(({ viewerName }: { viewerName: string }) => viewerName)).toEqual(names)
  })

  test('MUST be closed to all but administrators who may read it', async () => {
    const { token } = await loginWith('outside', allBut())
    const limited = await gateway.admin('unread', ['nothing'])
    for (const [asking, permission] of [[token, 'ADMIN'], [limited, 'ADMIN_READ_AUDIT_LOG']] as const) {
      const { data, errors } = await list('', asking)
      expect(data).toEqual({ deniedRequests: null })
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', permission } }])
    }
  }) // prettier-ignore
})
