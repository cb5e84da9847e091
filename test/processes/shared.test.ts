import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accountId, creation, always, accounts, settled } from '../exports/support.ts'
import { balanceOf, newPayment, retail, setRates } from '../payments/support/payments.ts'
import { firstAccountOf, forgetActiveCalls, setActiveCalls, subscriptionTo } from '../subscriptions/support/calls.ts'
import { openSse } from '../subscriptions/support/streams.ts'
import { notify, startCryptomus, type CryptomusServer } from '../support/cryptomus-server.ts'
import { startGateway, type Apart, type Gateway } from '../support/gateway.ts'
import { answered, globalId, post, type Answered } from './support/load.ts'

/** Two processes, as behind a balancer without sticky sessions. The gateway of the test itself asks nothing of them. */
let gateway: Gateway
let one: Apart
let other: Apart
let cryptomus: CryptomusServer
let exportsDirectory: string
beforeAll(async () => {
  cryptomus = await startCryptomus()
  exportsDirectory = await mkdtemp(join(tmpdir(), 'portal-shared-'))
  gateway = await startGateway({ ...cryptomus.settings, EXPORTS_DIR: exportsDirectory, SUBSCRIPTION_INTERVAL: '0.1' })
  ;[one, other] = await Promise.all([gateway.apart(), gateway.apart({ EXPORT_WORKERS: '1' })])
}, 120_000)
afterAll(async () => {
  await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()])
  await gateway[Symbol.asyncDispose]()
  await cryptomus[Symbol.asyncDispose]()
  await rm(exportsDirectory, { recursive: true, force: true })
})

async function ask({ url }: Apart, token: string, query: string, variables: unknown = {}): Promise<Answered> {
  return answered(await post(url, token, query, variables))
}

async function signIn(at: Apart, login: string, password: string): Promise<Answered> {
  return ask(at, '', 'mutation ($login: String!, $password: String!) { signIn(login: $login, password: $password) { token } }', { login, password }) // prettier-ignore
}

async function tokenOf(at: Apart, login: string, password = `${login}-demo`): Promise<string> {
  return (await signIn(at, login, password)).data.signIn.token
}

/** Who the process takes somebody for; null for nobody. */
async function loginOf(at: Apart, token: string): Promise<string | null> {
  return (await ask(at, token, '{ viewer { login } }')).data.viewer?.login ?? null
}

function idOf(type: string, id: number): string {
  return globalId(`${type}:${id}`)
}

describe('A session that one process began', () => {
  it('MUST be good at the other, and be over there when it is ended here, and no other session', async () => {
    const [token, second] = [await tokenOf(one, 'alice'), await tokenOf(other, 'alice')]
    expect(await loginOf(other, token)).toBe('alice')
    await ask(one, token, 'mutation { signOut }')
    expect([await loginOf(other, token), await loginOf(one, second)]).toEqual([null, 'alice'])
  })

  it('MUST be good at the other by its cookie too', async () => {
    const text = 'mutation { signIn(login: "bob", password: "bob-demo") { token } }'
    const body = JSON.stringify({ query: text })
    const headers = { 'content-type': 'application/json' }
    const { headers: got } = await fetch(`${one.url}/graphql`, { method: 'POST', headers, body })
    const cookie = got.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ') // prettier-ignore
    const answer = await fetch(`${other.url}/graphql?query={viewer{login}}`, { headers: { cookie } })
    expect(await answer.json()).toEqual({ data: { viewer: { login: 'bob' } } })
  })

  it('MUST be over at both when an administrator signs its login out at one', async () => {
    await gateway.login('everywhere')
    const tokens = [await tokenOf(one, 'everywhere', 'alice-demo'), await tokenOf(other, 'everywhere', 'alice-demo')]
    const { rows } = await gateway.primary.query("SELECT id FROM sys.api_access WHERE login = 'everywhere'")
    const { errors } = await ask(one, await gateway.admin(), 'mutation ($id: ID!) { signOutPortalLogin(id: $id) { id } }', { id: idOf('PortalLogin', rows[0].id) }) // prettier-ignore
    expect(errors).toBeUndefined()
    for (const token of tokens) for (const at of [one, other]) expect(await loginOf(at, token)).toBeNull()
    expect(await loginOf(other, await tokenOf(one, 'everywhere', 'alice-demo'))).toBe('everywhere')
  })
})

describe('A change of a profile by an administrator at one process', () => {
  it('MUST count in the next request at the other, and end what runs there', async () => {
    const account = await firstAccountOf(gateway, 'alice')
    await forgetActiveCalls(gateway)
    const { token } = await gateway.login('changed')
    await using stream = await openSse(other.url, subscriptionTo(account), { token })
    await stream.event(0)
    const count = '{ invoices { totalCount } }'
    expect((await ask(other, token, count)).data.invoices.totalCount).toEqual(expect.any(Number))

    const { rows } = await gateway.primary.query("SELECT id FROM sys.customer_portal_access_profiles WHERE name = 'profile of changed'") // prettier-ignore
    const [id, admin] = [idOf('CustomerPortalAccessProfile', rows[0].id), await gateway.admin()]
    const { data } = await ask(one, admin, 'query ($id: ID!) { accessProfile(id: $id) { version } }', { id })
    const { errors } = await ask(
      one,
      admin,
      'mutation ($id: ID!, $version: String!) { updateAccessProfile(id: $id, version: $version, input: { invoices: false, outgoingActiveCalls: false }) { id } }',
      { id, version: data.accessProfile.version },
    )
    expect(errors).toBeUndefined()
    expect((await ask(other, token, count)).data).toEqual({ invoices: null })
    await setActiveCalls(gateway, account, 4711)
    expect(await stream.ended()).toBe('complete')
    expect(stream.events.at(-1)?.errors?.[0]?.extensions).toMatchObject({ permission: 'OUTGOING_ACTIVE_CALLS' })
    expect(JSON.stringify(stream.events)).not.toContain('4711')
  })
})

describe('What one process counts', () => {
  it('MUST be counted together with the other: failed sign-ins', async () => {
    await gateway.login('guessed')
    for (let n = 0; n < 10; n++) {
      const { errors } = await signIn(n % 2 ? one : other, 'guessed', 'wrong')
      expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
    }
    for (const at of [one, other]) {
      const { errors } = await signIn(at, 'guessed', 'alice-demo')
      expect(errors?.[0]?.extensions.code).toBe('RATE_LIMITED')
    }
    await gateway.primary.query('DELETE FROM portal.rate_limits')
  })

  it('MUST be credited once, when both are told of the same payment at the same time', async () => {
    await setRates(gateway, '1', '1')
    const { id } = await newPayment(gateway, await gateway.signIn('alice'))
    const before = Number(await balanceOf(gateway, retail))
    const reports = Array.from({ length: 10 }, (_, n) =>
      notify((n % 2 ? one : other).url, { order_id: id, merchant_amount: '100' }),
    )
    expect(await Promise.all(reports)).toEqual(Array(10).fill(200))
    expect(Number(await balanceOf(gateway, retail)) - before).toBeCloseTo(100, 6)
  })
})

describe('What one process has given out', () => {
  it('MUST be delivered by the other: the file behind a link, while its session lasts', async () => {
    const token = await tokenOf(one, 'alice')
    const { data } = await ask(one, token, '{ outgoingCdrs(first: 500, where: { timeStart: { gte: "2000-01-01T00:00:00Z" } }) { nodes { rec recording { url } } } }') // prettier-ignore
    const path = data.outgoingCdrs.nodes.find(({ rec }: { rec: boolean }) => rec).recording.url
    const elsewhere = Object.assign(new URL(path), { port: new URL(other.url).port })
    const file = await fetch(elsewhere)
    expect([file.status, file.headers.get('content-type')]).toEqual([200, 'audio/wav'])
    expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(1000)
    await ask(one, token, 'mutation { signOut }')
    expect((await fetch(elsewhere)).status).toBe(404)
  })

  it('MUST be understood by the other: a cursor', async () => {
    const token = await tokenOf(one, 'alice')
    const list =
      'query ($after: String) { accounts(first: 2, after: $after) { nodes { name } pageInfo { endCursor } } }'
    const first = (await ask(one, token, list)).data.accounts
    const next = (await ask(other, token, list, { after: first.pageInfo.endCursor })).data.accounts
    const all = (await ask(other, token, '{ accounts(first: 4) { nodes { name } } }')).data.accounts
    expect([...first.nodes, ...next.nodes]).toEqual(all.nodes)
    expect(all.nodes).toHaveLength(4)
  })

  it('MUST be done by the other: an export asked for here is made there, and fetched here', async () => {
    const token = await tokenOf(one, 'alice')
    const input = { accountId: await accountId(gateway, accounts.main), filters: always }
    const { data, errors } = await ask(one, token, creation, { input })
    expect(errors).toBeUndefined()
    const { uuid, id } = data.createOutgoingCdrExport
    expect(await settled(gateway, uuid)).toMatchObject({ status: 'Completed', attempts: 1 })
    const { data: seen } = await ask(one, token, 'query ($id: ID!) { node(id: $id) { ... on OutgoingCdrExport { rowsCount file { url } } } }', { id }) // prettier-ignore
    const file = await fetch(seen.node.file.url)
    expect(file.status).toBe(200)
    const lines = gunzipSync(Buffer.from(await file.arrayBuffer())).toString().trimEnd().split('\n') // prettier-ignore
    expect(lines).toHaveLength(seen.node.rowsCount + 1)
    expect(seen.node.rowsCount).toBeGreaterThan(10)
  })
})
