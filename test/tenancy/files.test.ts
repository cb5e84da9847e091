import { Readable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { allBut, only, type Gateway } from '../support/gateway.ts'
import type { Permission } from '../../src/permissions/permissions.ts'
import { accounts, startTenants, type Tenants } from './support.ts'

// A link to a file works without further credentials, for as long as the login that it was made for may see the file.

let tenants: Tenants
let login: Awaited<ReturnType<Gateway['login']>>
beforeAll(async () => {
  tenants = await startTenants()
  login = await tenants.gateway.login('listener')
  // So that the newest calls of each direction have a recording to link to.
  await tenants.gateway.cdr.query(`UPDATE cdr.cdr SET audio_recorded = true WHERE duration > 0 AND local_tag <> ''`)
  await makeExports()
})

/** One for each account, done, with its file. */
async function makeExports(): Promise<void> {
  const { primary, app } = tenants.gateway
  for (const account of Object.values(accounts)) {
    const { rows } = await primary.query(
      `INSERT INTO sys.cdr_exports (status, type, fields, filters, customer_account_id, created_at)
       VALUES ('Completed', 'Base', '{time_start}', '{}', $1, now()) RETURNING id`,
      [account],
    )
    await app.services.stores.exports.write(`${rows[0].id}.csv.gz`, Readable.from([Buffer.alloc(200)]))
  }
}
beforeEach(() => login.set(allBut()))
afterAll(() => tenants[Symbol.asyncDispose]())

interface Kind {
  readonly what: string
  readonly list: string
  readonly field: string
  readonly where: string
  readonly needs: readonly Permission[]
}

const answered = 'where: { timeStart: { gte: "2000-01-01T00:00:00Z" }, duration: { gt: 0 } }'
const kinds: readonly Kind[] = [
  { what: 'the PDF of an invoice', list: 'invoices', field: 'pdf', where: 'orderBy: [{ startDate: ASC }]', needs: ['invoices'] },
  { what: 'the recording of a call made', list: 'outgoingCdrs', field: 'recording', where: answered, needs: ['outgoingCdrs', 'allowListenRecording'] },
  { what: 'the file of an export', list: 'outgoingCdrExports', field: 'file', where: 'orderBy: [{ createdAt: DESC }]', needs: ['outgoingCdrExports', 'outgoingCdrs'] },
  { what: 'the recording of a call taken', list: 'incomingCdrs', field: 'recording', where: answered, needs: ['incomingCdrs', 'allowListenRecording'] },
] // prettier-ignore

/** A link whose file is there; not every recording of the demo is. */
async function linkTo({ list, field, where }: Kind, token = login.token): Promise<{ url: string; id: string }> {
  const query = `{ list: ${list}(first: 100, ${where}) { nodes { id file: ${field} { url } } } }`
  const { data } = await tenants.gateway.ask(query, { token })
  for (const { id, file } of data.list.nodes) {
    if (file && (await statusOf(file.url)) === 200) return { url: file.url, id }
  }
  throw new Error(`${list} has no file`)
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url)
  await response.arrayBuffer()
  return response.status
}

describe.each(kinds)('A link to $what', (kind) => {
  test('MUST work for whoever holds it, without credentials', async () => {
    const { url } = await linkTo(kind)
    const response = await fetch(url)
    expect(response.status).toBe(200)
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(100)
  })

  test.each(kind.needs)('MUST stop working the moment %s is off, and work again when it is on', async (flag) => {
    const { url } = await linkTo(kind)
    await login.set(allBut(flag))
    expect(await statusOf(url)).toBe(404)
    await login.set(only(...kind.needs))
    expect(await statusOf(url)).toBe(200)
  })

  test('MUST stop working when the login loses the account', async () => {
    const { url } = await linkTo(kind)
    const keep = (ids: string) =>
      tenants.gateway.primary.query(`UPDATE sys.api_access SET account_ids = $1 WHERE login = 'listener'`, [ids])
    await keep(`{${accounts.trunk}}`)
    expect(await statusOf(url)).toBe(404)
    await keep('{}')
    expect(await statusOf(url)).toBe(200)
  })

  test('MUST be worth nothing with any one of its letters changed', async () => {
    const { url } = await linkTo(kind)
    const [, token = ''] = /\/files\/([^/]+)/.exec(url) ?? []
    const step = Math.max(1, Math.floor(token.length / 40))
    for (let at = 0; at < token.length; at += step) {
      const other = token[at] === 'A' ? 'B' : 'A'
      const changed = url.replace(token, token.slice(0, at) + other + token.slice(at + 1))
      expect([at, await statusOf(changed)]).toEqual([at, 404])
    }
    expect(await statusOf(url)).toBe(200)
  })

  test('MUST be worth nothing cut short, made longer, or as the token of a session', async () => {
    const { url } = await linkTo(kind)
    const [, token = ''] = /\/files\/([^/]+)/.exec(url) ?? []
    for (const other of [token.slice(0, -1), `${token}A`, token.split('.').slice(0, 2).join('.'), `${token}.${token}`]) {
      expect(await statusOf(url.replace(token, other))).toBe(404)
    }
    const { errors } = await tenants.gateway.ask('{ viewer { login } }', { token })
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED'])
  }) // prettier-ignore

  test('MUST NOT be given to another customer, nor to a login without that account', async () => {
    const query = `query ($id: ID!) { node(id: $id) { ... on ${typeOf(kind)} { ${kind.field} { url } } } }`
    const { id } = await linkTo(kind)
    expect((await tenants.as('alice', query, { id })).data.node).toEqual({ [kind.field]: { url: expect.any(String) } })
    expect((await tenants.as('erin', query, { id })).data).toEqual({ node: null })
    const own = await linkTo(kind, tenants.token('frank'))
    expect((await tenants.as('frank', query, { id: own.id })).data.node[kind.field].url).toEqual(expect.any(String))
    const mains = `{ list: ${kind.list}(first: 1, where: { accountId: { eq: "${await tenants.accountId(accounts.main)}" }, ${lasting(kind)} }) { nodes { id } } }`
    const { data } = await tenants.as('alice', mains)
    expect((await tenants.as('frank', query, { id: data.list.nodes[0].id })).data).toEqual({ node: null })
  })

  test('MUST stop working when its login is gone', async () => {
    const gone = await tenants.gateway.login(`gone-${kind.list}`)
    const { url } = await linkTo(kind, gone.token)
    await tenants.gateway.primary.query('DELETE FROM sys.api_access WHERE login = $1', [`gone-${kind.list}`])
    expect(await statusOf(url)).toBe(404)
  })
})

function typeOf({ list }: Kind): string {
  const types = { invoices: 'Invoice', outgoingCdrExports: 'OutgoingCdrExport', outgoingCdrs: 'OutgoingCdr' }
  return { ...types, incomingCdrs: 'IncomingCdr' }[list] ?? ''
}

function lasting({ list }: Kind): string {
  return !list.endsWith('Cdrs') ? '' : 'timeStart: { gte: "2000-01-01T00:00:00Z" }'
}
