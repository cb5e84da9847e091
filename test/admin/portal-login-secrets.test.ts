import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { fields, id, loginsOf, valueOf, type Logins } from './support/portal-logins.ts'

const first = 'correct-horse-battery'
const second = 'another-horse-staple'

let gateway: Gateway
let logins: Logins

beforeAll(async () => {
  gateway = await startGateway({ LOG_LEVEL: 'debug' })
  logins = loginsOf(gateway, await gateway.admin())
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** What the gateway writes to its log, standard error, while `run` runs. */
async function logged(run: () => Promise<unknown>): Promise<string> {
  const lines: string[] = []
  const write = fs.writeSync
  const spy = vi.spyOn(fs, 'writeSync').mockImplementation(((file: number, text: string, ...rest: never[]) => {
    if (file !== 2 || typeof text !== 'string') return write(file, text, ...rest)
    lines.push(text)
    return Buffer.byteLength(text)
  }) as typeof fs.writeSync)
  try {
    await run()
  } finally {
    spy.mockRestore()
  }
  return lines.join('')
}

async function digestOf(login: string): Promise<string> {
  const { rows } = await gateway.primary.query('SELECT password_digest FROM sys.api_access WHERE login = $1', [login])
  return rows[0].password_digest
}

describe('A password and its digest', () => {
  it('MUST be in no answer, statement, log or audit log, whatever becomes of them', async () => {
    const input = {
      login: 'secretive',
      password: first,
      customerId: id('Contractor', 101),
      accessProfileId: id('CustomerPortalAccessProfile', 1),
      allAccounts: true,
    }
    await gateway.primary.query(`ALTER TABLE sys.api_access ADD CHECK (login <> 'faulty')`)
    const answers: Answer[] = []
    const statements: string[] = []
    const digests: string[] = []
    gateway.app.services.databases.onStatement = (_, text) => void statements.push(text)
    const log = await logged(async () => {
      const login = valueOf(await logins.create(input))
      digests.push(await digestOf('secretive'))
      answers.push(
        // Of which there is one, which the database refuses, and which are wrong.
        await logins.create(input),
        await logins.create({ ...input, login: 'faulty' }),
        await logins.create({ ...input, login: '' }),
        await logins.create({ ...input, login: undefined }),
        await logins.create({ ...input, login: 'x', password: `${first}${'x'.repeat(72)}` }),
        await logins.create({ ...input, login: 'x', password: { is: first } }),
        await logins.update(login.id, login.version, { password: first }),
        await logins.setPassword(login.id, second),
        await logins.setPassword(id('PortalLogin', 999_999), second),
        await logins.setPassword(login.id, `${second}\0`),
        await logins.update(login.id, 'stale', { login: 'x' }),
        await gateway.ask('mutation ($password: String!) { signIn(login: "secretive", password: $password) { expiresAt } }', { variables: { password: second } }), // prettier-ignore
        await gateway.ask('mutation ($password: String!) { signIn(login: "secretive", password: $password) { expiresAt } }', { variables: { password: first } }), // prettier-ignore
      )
      digests.push(await digestOf('secretive'))
      answers.push(await logins.remove(login.id, login.version))
    })
    gateway.app.services.databases.onStatement = null

    expect(new Set(digests).size).toBe(2)
    const { rows: audit } = await gateway.primary.query('SELECT * FROM portal.audit_log')
    const { rows: versions } = await gateway.primary.query('SELECT * FROM gui.versions')
    expect(audit.map(({ action }) => action)).toEqual(['create', 'set_password', 'delete'])
    expect(log).toContain('api_access')
    expect(answers.map(({ errors }) => errors?.[0]?.extensions.code)).toContain('INTERNAL_SERVER_ERROR')
    const told = { answers: answers.map(({ data, errors }) => ({ data, errors })), statements, log, audit, versions }
    for (const [where, what] of Object.entries(told)) {
      const text = typeof what === 'string' ? what : JSON.stringify(what)
      expect(text.length, where).toBeGreaterThan(50)
      for (const secret of [first, second, ...digests, '$2a$12$', '$2b$12$']) expect(text, where).not.toContain(secret)
    }
  })

  it('MUST be nothing that can be asked for, filtered or ordered by', async () => {
    expect(fields).not.toContain('assword')
    const { data } = await gateway.ask('{ __schema { types { name fields { name } inputFields { name } } } }', {
      token: await gateway.admin(),
    })
    const named = data.__schema.types.flatMap(({ name, fields, inputFields }: Answer['data']) =>
      [...(fields ?? []), ...(inputFields ?? [])]
        .filter((field: { name: string }) => /password|digest|secret/i.test(field.name))
        .map((field: { name: string }) => `${name}.${field.name}`),
    )
    expect(named.sort()).toEqual(['CreatePortalLoginInput.password', 'Mutation.setPortalLoginPassword'])
  })
})
