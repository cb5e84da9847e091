import { createPublicKey, generateKeyPairSync, randomUUID, verify, type KeyObject } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp } from '../../src/app.ts'
import { ConfigError, readConfig } from '../../src/config.ts'
import { loadCallTokens } from '../../src/identity/call-tokens.ts'
import { statementsDuring } from '../permissions/support/asking.ts'
import { allBut, customerSecret, only, startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { inSeconds, makeToken } from './support/tokens.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'call-tokens-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const sec1 = privateKey.export({ type: 'sec1', format: 'pem' }).toString()
const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
/** What `openssl ecparam -genkey` writes before the key unless it is told not to. */
const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'

async function fileOf(content: string): Promise<string> {
  const path = join(folder, randomUUID())
  await writeFile(path, content)
  return path
}

interface Claims {
  readonly gid: string
  readonly iat: number
  readonly exp: number
}

/** Header and claims of a token, its signature checked by RFC 7518 3.4 and not by the library that made it. */
function read(token: string, key: KeyObject = publicKey): { header: unknown; claims: Claims } {
  const [header = '', claims = '', signature = ''] = token.split('.')
  const signed = Buffer.from(`${header}.${claims}`)
  const bytes = Buffer.from(signature, 'base64url')
  expect(bytes).toHaveLength(64)
  expect(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, bytes)).toBe(true)
  const parsed = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  return { header: parsed(header), claims: parsed(claims) }
}

describe('The key of call tokens', () => {
  test.each([
    ['PKCS #8', pkcs8],
    ['SEC 1', sec1],
    ['SEC 1 after its parameters, as openssl ecparam -genkey writes it', parameters + sec1],
  ])('MUST be read in the form %s', async (_, pem) => {
    const issue = await loadCallTokens(readConfig({ CALL_TOKEN_KEY_FILE: await fileOf(pem), DATA_DIR: folder }))
    expect(read((await issue?.('some-gateway'))?.token ?? '').claims.gid).toBe('some-gateway')
  })

  const encrypted = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'secret' })
  test.each<[string, string]>([
    ['of another curve', pem(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey)],
    ['of the curve that only looks like it', pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey)],
    ['for RSA', pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)],
    ['for Ed25519', pem(generateKeyPairSync('ed25519').privateKey)],
    ['public', publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    ['encrypted', encrypted.toString()],
    ['cut off', pkcs8.slice(0, 120)],
    ['empty', ''],
  ])('MUST end the start when it is %s, without a word of what stands in the file', async (_, content) => {
    const message = await failure({ CALL_TOKEN_KEY_FILE: await fileOf(content) })
    expect(message).toMatch(/CALL_TOKEN_KEY_FILE: expected .*P-256/)
    for (const line of content.split('\n').filter((each) => each !== '')) expect(message).not.toContain(line)
  })

  test('MUST end the start when its file cannot be read, even where the setting is the key itself', async () => {
    expect(await failure({ CALL_TOKEN_KEY_FILE: join(folder, 'nowhere.pem') })).toContain('CALL_TOKEN_KEY_FILE: the file')
    expect(await failure({ CALL_TOKEN_KEY_FILE: folder })).toContain('CALL_TOKEN_KEY_FILE: the file')
    const message = await failure({ CALL_TOKEN_KEY_FILE: sec1 })
    expect(message).toContain('CALL_TOKEN_KEY_FILE: the file')
    for (const line of sec1.trim().split('\n')) expect(message).not.toContain(line)
  }) // prettier-ignore

  /** Why a start fails; it does before a database is opened. */
  async function failure(settings: Readonly<Record<string, string>>): Promise<string> {
    const started = startApp(readConfig({ DATA_DIR: folder, LOG_LEVEL: 'silent', ...settings }))
    const error: unknown = await started.then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(ConfigError)
    return String(error)
  }

  test('MUST NOT be made up beside an existing Yeti', async () => {
    const DATA_DIR = await mkdtemp(join(folder, 'data-'))
    const [CUSTOMER_JWT_SECRET, ADMIN_JWT_SECRET] = ['c'.repeat(32), 'a'.repeat(32)]
    const settings = { DATA_DIR, DATABASE_URL: 'postgresql://db/yeti', CUSTOMER_JWT_SECRET, ADMIN_JWT_SECRET }
    expect(await loadCallTokens(readConfig(settings))).toBeNull()
    expect(await readdir(DATA_DIR)).toEqual([])
  })

  describe('of the embedded mode', () => {
    test('MUST be made once, for its owner alone, whoever starts at the same time', async () => {
      const config = readConfig({ DATA_DIR: await mkdtemp(join(folder, 'data-')) })
      const all = await Promise.all([1, 2, 3].map(() => loadCallTokens(config)))
      all.push(await loadCallTokens(config))
      expect(await readdir(config.dataDirectory)).toEqual(['call-token.pem'])
      const file = join(config.dataDirectory, 'call-token.pem')
      expect((await stat(file)).mode & 0o777).toBe(0o600)
      const key = createPublicKey(await readFile(file))
      for (const issue of all) expect(read((await issue?.('x'))?.token ?? '', key).claims.gid).toBe('x')
    })

    test('MUST end the start when it is damaged, with what to do', async () => {
      const config = readConfig({ DATA_DIR: await mkdtemp(join(folder, 'data-')) })
      const file = join(config.dataDirectory, 'call-token.pem')
      await writeFile(file, pkcs8.slice(0, 100))
      await expect(loadCallTokens(config)).rejects.toThrow(`${file} is not a key of call tokens; delete it`)
      await expect(loadCallTokens(config)).rejects.not.toThrow(pkcs8.split('\n')[1])
    })
  })
})

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

describe('createCallToken', () => {
  let gateway: Gateway
  let login: Awaited<ReturnType<Gateway['login']>>
  const mutation = 'mutation { createCallToken { token expiresAt } }'

  beforeAll(async () => {
    gateway = await startGateway({ CALL_TOKEN_KEY_FILE: await fileOf(sec1), CALL_TOKEN_LIFETIME: '77' })
    login = await gateway.login('dialer')
  })
  afterAll(() => gateway[Symbol.asyncDispose]())

  /** A gateway of a contractor: 101 is alice's, 102 erin's. */
  async function newGateway({ contractor = 101, enabled = true, jwt = true } = {}): Promise<{ id: number; uuid: string }> {
    const { rows } = await gateway.primary.query<{ id: number; uuid: string }>(
      `INSERT INTO class4.gateways (contractor_id, enabled, name, incoming_auth_allow_jwt)
       VALUES ($1, $2, $3, $4) RETURNING id, uuid`,
      [contractor, enabled, `dialer ${randomUUID()}`, jwt],
    )
    return rows[0] ?? { id: 0, uuid: '' }
  } // prettier-ignore

  async function useGateway(id: number | null): Promise<void> {
    await gateway.primary.query("UPDATE sys.api_access SET provision_gateway_id = $1 WHERE login = 'dialer'", [id])
  }

  function refusal({ data, errors }: Answer): { code: string | undefined; message: string | undefined } {
    expect(data).toEqual({ createCallToken: null })
    expect(errors).toHaveLength(1)
    return { code: errors?.[0]?.extensions.code, message: errors?.[0]?.message }
  }

  test('MUST answer a token of exactly Yeti’s claims for the gateway of the login, good for as long as is set', async () => {
    const { id, uuid } = await newGateway()
    await useGateway(id)
    const before = inSeconds(0)
    const { data, errors } = await gateway.ask(mutation, login)
    expect(errors).toBeUndefined()
    const { header, claims } = read(data.createCallToken.token)
    expect(header).toEqual({ alg: 'ES256' })
    expect(claims).toEqual({ gid: uuid, iat: expect.any(Number), exp: claims.iat + 77 })
    expect(claims.iat).toBeGreaterThanOrEqual(before)
    expect(claims.iat).toBeLessThanOrEqual(inSeconds(0))
    expect(data.createCallToken.expiresAt).toBe(new Date(claims.exp * 1000).toISOString())
  }) // prettier-ignore

  test('MUST follow the login at once when it gets another gateway', async () => {
    for (const { id, uuid } of [await newGateway(), await newGateway()]) {
      await useGateway(id)
      const { data } = await gateway.ask(mutation, login)
      expect(read(data.createCallToken.token).claims.gid).toBe(uuid)
    }
  })

  test('MUST work for a dynamic token by its own gateway, if that is its customer’s', async () => {
    const [own, foreign] = [await newGateway(), await newGateway({ contractor: 102 })]
    const { rows } = await gateway.primary.query(
      "SELECT customer_portal_access_profile_id AS id FROM sys.api_access WHERE login = 'dialer'",
    )
    const dynamic = (provision_gateway_id: number | null): string => {
      const cfg = { customer_id: 101, customer_portal_access_profile_id: rows[0].id, provision_gateway_id }
      return makeToken({ sub: 'D', aud: ['customer-v1'], exp: inSeconds(60), cfg }, { secret: customerSecret })
    }
    const { data } = await gateway.ask(mutation, { token: dynamic(own.id) })
    expect(read(data.createCallToken.token).claims.gid).toBe(own.uuid)
    for (const id of [foreign.id, null])
      expect(refusal(await gateway.ask(mutation, { token: dynamic(id) })).code).toBe('CONFLICT')
  })

  test('MUST be refused alike where the gateway is none, another customer’s, disabled or gone', async () => {
    const unusable = [null, (await newGateway({ contractor: 102 })).id, (await newGateway({ enabled: false })).id]
    for (const id of unusable) {
      await useGateway(id)
      const answer = await gateway.ask(mutation, login)
      expect(refusal(answer)).toEqual({ code: 'CONFLICT', message: 'This login has no gateway for calls.' })
    }
    const grant = { customer_id: 101, customer_portal_access_profile_id: 1, provision_gateway_id: 2_000_000_000 }
    const token = makeToken(
      { sub: 'D', aud: ['customer-v1'], exp: inSeconds(60), cfg: grant },
      { secret: customerSecret },
    )
    expect(refusal(await gateway.ask(mutation, { token })).message).toBe('This login has no gateway for calls.')
  })

  test('MUST be refused where the gateway does not take call tokens', async () => {
    await useGateway((await newGateway({ jwt: false })).id)
    const answer = refusal(await gateway.ask(mutation, login))
    expect(answer).toEqual({ code: 'CONFLICT', message: 'The gateway of this login does not take call tokens.' })
  })

  test('MUST be refused without a key, before the database is asked', async () => {
    await using keyless = await gateway.another({ CALL_TOKEN_KEY_FILE: '' })
    await useGateway((await newGateway()).id)
    const { result, statements } = await statementsDuring(keyless, () => keyless.ask(mutation, login))
    expect(refusal(result)).toEqual({ code: 'CONFLICT', message: 'Call tokens are not set up here.' })
    expect(statements).toEqual([expect.stringContaining('sys.api_access')])
  })

  test('MUST need webrtc_dialer and no other flag, and read nothing without it', async () => {
    await useGateway((await newGateway()).id)
    await login.set(allBut('webrtcDialer'))
    const { result, statements } = await statementsDuring(gateway, () => gateway.ask(mutation, login))
    expect(result.data).toEqual({ createCallToken: null })
    expect(result.errors?.map(({ extensions }) => extensions)).toEqual([
      { code: 'FORBIDDEN', permission: 'WEBRTC_DIALER', coordinate: 'Mutation.createCallToken' },
    ])
    expect(statements).toEqual([expect.stringContaining('sys.api_access')])
    await login.set(only('webrtcDialer'))
    const { data } = await gateway.ask(mutation, login)
    expect(data.createCallToken.token).toEqual(expect.any(String))
    await login.set(allBut())
  })

  test('MUST be refused to whoever has not signed in, and to administrators', async () => {
    const { errors } = await gateway.ask(mutation)
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED'])
    const admin = await gateway.ask('mutation { adminSignIn(username: "admin", password: "admin-demo") { token } }')
    const asAdmin = await gateway.ask(mutation, { token: admin.data.adminSignIn.token })
    expect(asAdmin.data).toEqual({ createCallToken: null })
    expect(asAdmin.errors).toHaveLength(1)
  })

  test('MUST NOT make a token that signs in at the portal', async () => {
    await useGateway((await newGateway()).id)
    const { data } = await gateway.ask(mutation, login)
    const { errors } = await gateway.ask('{ outgoingCdrs { totalCount } }', { token: data.createCallToken.token })
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED'])
  })
})
