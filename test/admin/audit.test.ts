import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from '../permissions/support/asking.ts'
import { adminSelections } from '../permissions/support/admin-selections.ts'
import { fieldsOf, objectNamed } from '../permissions/support/selections.ts'
import { isAdministrative } from '../permissions/support/published.ts'
import type { Gateway } from '../support/gateway.ts'
import { asking } from './support/access-profiles.ts'
import { startAdministration, type Administration } from './support/administration.ts'
import { fields as loginFields, id, loginsOf, valueOf } from './support/portal-logins.ts'
import { lastVersion, versionsSince } from './support/versions.ts'

let world: Administration
let gateway: Gateway

beforeAll(async () => {
  world = await startAdministration({ TRUSTED_PROXIES: '127.0.0.1' })
  gateway = world.gateway
})
afterAll(() => world[Symbol.asyncDispose]())

/** What was written since, past the gateway. */
async function entriesSince(last: string): Promise<Record<string, unknown>[]> {
  const { rows } = await gateway.primary.query('SELECT * FROM portal.audit_log WHERE id > $1 ORDER BY id', [last])
  return rows
}

async function newest(): Promise<string> {
  const { rows } = await gateway.primary.query<{ id: string }>(
    'SELECT coalesce(max(id), 0) AS id FROM portal.audit_log',
  )
  return rows[0]?.id ?? '0'
}

/** What Yeti calls it in its own log; it has no word for what changes none of its rows. */
const yetiEvents: Readonly<Record<string, string>> = {
  create: 'create',
  update: 'update',
  set_password: 'update',
  delete: 'destroy',
}

const mutations = fieldsOf(objectNamed('Mutation')).filter(isAdministrative)

describe.each(mutations.map(({ name }) => name))('%s', (name) => {
  test("MUST leave one entry, which says who did it, when and from where, and one of Yeti's", async () => {
    const found = adminSelections(world.sample).find(({ on, field }) => on === 'Mutation' && field === name)
    if (!found) return expect.unreachable(name)
    const asked = await world.withRightArguments(found)
    const last = await newest()
    const lastOfYeti = await lastVersion(gateway)
    const started = Date.now()
    const answer = await ask(gateway, [asked], 'as they are called', {
      token: world.root,
      headers: { 'x-forwarded-for': '192.0.2.7' },
    })
    expect(answer.errors).toBeUndefined()
    const entries = await entriesSince(last)
    expect(entries).toHaveLength(1)
    const [entry] = entries
    expect(entry).toMatchObject({ actor_kind: 'admin', actor_id: 1, actor_name: 'admin', address: '192.0.2.7' })
    expect(Number(entry?.['created_at'])).toBeGreaterThan(started - 5_000)
    expect(Number(entry?.['created_at'])).toBeLessThanOrEqual(Date.now() + 5_000)
    const versions = (await versionsSince(gateway, lastOfYeti)).map(({ event, item_id }) => [event, Number(item_id)])
    const event = yetiEvents[String(entry?.['action'])]
    expect(versions).toEqual(event === undefined ? [] : [[event, entry?.['subject_id']]])
  })
})

const entry = `id createdAt actorKind actorId actorName address action subjectKind subjectId subjectName before after changed
  accessProfileId accessProfile { name } portalLoginId portalLogin { login }`

async function log(args: string, fields = `totalCount nodes { ${entry} }`, token = world.root) {
  return gateway.ask(`{ auditLog${args} { ${fields} } }`, { token })
}

async function nodes(args: string) {
  const { data, errors } = await log(args)
  expect(errors).toBeUndefined()
  expect(data.auditLog.totalCount).toBe(data.auditLog.nodes.length)
  return data.auditLog.nodes
}

describe('An entry of the audit log', () => {
  test('MUST have what was changed of a profile, before and after, and lead to it as long as it is there', async () => {
    const { create, update, remove } = asking(gateway, world.root)
    const made = valueOf(await create({ name: 'told', invoices: true }))
    const changed = valueOf(await update(made.id, made.version, { name: 'told again', invoices: false }))
    const [update_, creation] = await nodes(`(where: { accessProfileId: { eq: "${made.id}" } })`)
    expect(creation).toMatchObject({
      action: 'CREATE',
      subjectKind: 'ACCESS_PROFILE',
      subjectId: made.profileId,
      subjectName: 'told',
      before: null,
      after: { name: 'told', invoices: true, payments_cryptomus: false, webrtc_dialer: true },
      accessProfileId: made.id,
      accessProfile: { name: 'told again' },
      portalLoginId: null,
      portalLogin: null,
    })
    expect(Object.keys(creation.after)).toHaveLength(47)
    expect([...creation.changed].sort()).toEqual(Object.keys(creation.after).sort())
    expect(update_).toMatchObject({
      action: 'UPDATE',
      subjectName: 'told again',
      before: { name: 'told', invoices: true },
      after: { name: 'told again', invoices: false },
    })
    expect([...update_.changed].sort()).toEqual(['invoices', 'name'])

    valueOf(await remove(made.id, changed.version))
    const [removal, ...earlier] = await nodes(`(where: { subjectId: { eq: ${made.profileId} }, subjectKind: { eq: ACCESS_PROFILE } })`)
    expect(earlier.map(({ action }: { action: string }) => action)).toEqual(['UPDATE', 'CREATE'])
    expect(removal).toMatchObject({
      action: 'DELETE',
      subjectName: 'told again',
      before: { name: 'told again', invoices: false },
      after: null,
      accessProfileId: null,
      accessProfile: null,
    })
  }) // prettier-ignore

  test('MUST have everything of a login but its password', async () => {
    const logins = loginsOf(gateway, world.root)
    const made = valueOf(
      await logins.create({
        login: 'told',
        password: 'a password that is told to nobody',
        customerId: id('Contractor', 101),
        accessProfileId: id('CustomerPortalAccessProfile', 1),
        allAccounts: true,
        allowedIps: ['192.0.2.0/24', '2001:db8::/32'],
      }),
    )
    valueOf(await logins.setPassword(made.id, 'another one that is told to nobody'))
    valueOf(await logins.signOut(made.id))
    valueOf(await logins.remove(made.id, made.version))
    const entries = await nodes(`(where: { subjectName: { eq: "told" }, subjectKind: { eq: PORTAL_LOGIN } })`)
    expect(entries.map(({ action }: { action: string }) => action)).toEqual([
      'DELETE',
      'SIGN_OUT',
      'SET_PASSWORD',
      'CREATE',
    ])
    expect(entries.at(-1).after).toEqual({
      login: 'told',
      customer_id: 101,
      account_ids: [],
      allowed_ips: ['192.0.2.0/24', '2001:db8::/32'],
      allow_outgoing_numberlists_ids: [],
      customer_portal_access_profile_id: 1,
      provision_gateway_id: null,
    })
    expect(entries[0].before).toEqual(entries.at(-1).after)
    const { rows } = await gateway.primary.query('SELECT l::text FROM portal.audit_log l')
    expect(JSON.stringify(rows)).not.toMatch(/told to nobody|\$2[aby]\$/)
    expect(loginFields).not.toContain('password')
  })

  test('MUST NOT be written for what was refused', async () => {
    const { create } = asking(gateway, world.root)
    const last = await newest()
    for (const name of ['', 'x'.repeat(1_000), 'traced']) {
      const { errors } = await create({ name })
      expect(errors, name).toHaveLength(1)
    }
    expect(await entriesSince(last)).toEqual([])
  })
})

describe('The audit log', () => {
  test('MUST be read in pages, the newest first, forwards and backwards', async () => {
    const { data } = await log('', 'totalCount nodes { id createdAt }')
    const all = data.auditLog.nodes.map(({ id }: { id: string }) => id)
    expect(data.auditLog.totalCount).toBe(all.length)
    expect(all.length).toBeGreaterThan(10)
    const times = data.auditLog.nodes.map(({ createdAt }: { createdAt: string }) => createdAt)
    expect(times).toEqual(times.toSorted().reverse())
    for (const [size, from] of [['first', 'after'], ['last', 'before']] as const) {
      const read: string[] = []
      let cursor = ''
      for (;;) {
        const page = await log(`(${size}: 4 ${cursor})`, 'nodes { id } pageInfo { endCursor startCursor hasNextPage hasPreviousPage }')
        const { nodes, pageInfo } = page.data.auditLog
        const ids = nodes.map(({ id }: { id: string }) => id)
        if (size === 'first') read.push(...ids)
        else read.unshift(...ids)
        if (size === 'first' ? !pageInfo.hasNextPage : !pageInfo.hasPreviousPage) break
        cursor = `${from}: "${size === 'first' ? pageInfo.endCursor : pageInfo.startCursor}"`
      }
      expect(read).toEqual(all)
    }
  }) // prettier-ignore

  /** Each with what matches, as a condition in SQL. */
  test.each([
    ['{ action: { in: [CREATE, DELETE] } }', `action IN ('create', 'delete')`],
    ['{ subjectKind: { eq: PORTAL_LOGIN } }', `subject_kind = 'portal_login'`],
    ['{ subjectName: { startsWith: "TRAC" } }', `subject_name ILIKE 'trac%'`],
    ['{ actorName: { eq: "admin" }, actorKind: { eq: ADMIN } }', `actor_name = 'admin'`],
    ['{ actorId: { eq: 2 } }', 'actor_id = 2'],
    ['{ actorKind: { eq: CUSTOMER } }', `actor_kind = 'customer'`],
    ['{ address: { eq: "192.0.2.7" } }', `address = '192.0.2.7'`],
    ['{ changed: { has: "invoices" } }', `'invoices' = ANY (changed)`],
    ['{ changed: { hasAny: ["login", "name"] } }', `changed && '{login,name}'`],
    ['{ changed: { hasAny: [] } }', 'false'],
    ['{ changed: { has: "inv%" } }', 'false'],
    ['{ createdAt: { lt: "2020-01-01T00:00:00Z" } }', 'false'],
    ['{ createdAt: { gte: "2020-01-01T00:00:00Z" }, subjectId: { gt: 1 } }', 'subject_id > 1'],
  ])('MUST be filtered by %s', async (where, condition) => {
    const { rows } = await gateway.primary.query(`SELECT id FROM portal.audit_log WHERE ${condition} ORDER BY id DESC`)
    const found = await nodes(`(where: ${where})`)
    expect(found.map((each: { id: string }) => each.id)).toEqual(rows.map((row) => id('AuditEntry', row.id)))
  })

  test('MUST be ordered as asked', async () => {
    const { data } = await log('(orderBy: [{ subjectName: ASC }, { createdAt: ASC }])', 'nodes { subjectName }')
    const names = data.auditLog.nodes.map(({ subjectName }: { subjectName: string }) => subjectName)
    const { rows } = await gateway.primary.query(
      'SELECT subject_name FROM portal.audit_log ORDER BY subject_name, created_at',
    )
    expect(names).toEqual(rows.map(({ subject_name }) => subject_name))
  })

  test.each([
    ['{ changed: { has: null } }', 'where.changed.has'],
    [`{ changed: { has: "${'x'.repeat(501)}" } }`, 'where.changed.has'],
    ['{ address: { eq: "nowhere" } }', 'where.address.eq'],
    ['{ accessProfileId: { eq: "1" } }', 'where.accessProfileId.eq'],
  ])('MUST refuse the filter %s', async (where, argument) => {
    const { data, errors } = await log(`(where: ${where})`)
    expect(data).toEqual({ auditLog: null })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument } }])
  })

  test('MUST be closed to customers, to nobody and to administrators whose roles do not allow it', async () => {
    const lacking = await world.tokenWith(['READ_ACCESS_PROFILES', 'READ_PORTAL_LOGINS'])
    for (const [token, permission] of [[world.customer, 'ADMIN'], [lacking, 'ADMIN_READ_AUDIT_LOG']] as const) {
      const { data, errors } = await log('', 'totalCount', token)
      expect(data).toEqual({ auditLog: null })
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', permission } }])
    }
    const { errors } = await gateway.ask('{ auditLog { totalCount } }')
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  }) // prettier-ignore

  test('MUST show an auditor what was done, and of profiles and logins no more than the roles allow', async () => {
    const token = await world.tokenWith(['READ_AUDIT_LOG'])
    const answer = await log('(first: 1)', 'nodes { action subjectName before after changed }', token)
    expect(answer.errors).toBeUndefined()
    const { data, errors } = await log('(first: 1)', 'nodes { action accessProfile { name } }', token)
    expect(data.auditLog.nodes[0]).toMatchObject({ accessProfile: null })
    expect(errors).toMatchObject([{ extensions: { permission: 'ADMIN_READ_ACCESS_PROFILES' } }])
  })
})
