import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import { startApp, type App } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { permissionKeys, permissions, type Permission } from '../../src/permissions/permissions.ts'
import { copyTemplates, type Copies } from './copies.ts'

export const customerSecret = 'a customer secret that only tests know'
export const adminSecret = 'an admin secret that nobody else knows'

/** The answer of the gateway as it came over HTTP. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly data: any // eslint-disable-line @typescript-eslint/no-explicit-any -- tests look into answers of any shape
  readonly errors: readonly AnswerError[] | undefined
}

export interface AnswerError {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions: Readonly<Record<string, unknown>> & { readonly code: string }
}

export interface Asking {
  readonly token?: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

/** A gateway in a process of its own. Disposing it is SIGTERM, and waiting for its end. */
export interface Apart extends AsyncDisposable {
  readonly url: string
  readonly process: ChildProcess
}

/** A gateway on copies of the demo databases, over real HTTP. */
export interface Gateway extends AsyncDisposable {
  readonly url: string
  readonly app: App
  /** SQL straight into the databases, past the gateway and its rights. */
  readonly primary: pg.Pool
  readonly cdr: pg.Pool
  /** Another process's gateway, as good as: on the same databases, sharing nothing else. */
  another(settings?: Readonly<Record<string, string>>): Promise<Gateway>
  /** The same in a process of its own, as an operator would start it. */
  apart(settings?: Readonly<Record<string, string>>): Promise<Apart>
  ask(query: string, asking?: Asking): Promise<Answer>
  /** A token of one of the demo's logins, by a real sign-in. */
  signIn(login: string): Promise<string>
  /** A token of the demo's administrator, or of a new one with these of Yeti's roles. */
  admin(name?: string, roles?: readonly string[]): Promise<string>
  /** A new login of alice's (or another's) customer and accounts with a profile of its own, every flag on; `set` changes the flags. */
  login(
    name: string,
    like?: string,
  ): Promise<{ token: string; set(flags: Partial<Record<Permission, boolean>>): Promise<void> }>
}

export async function startGateway(settings: Readonly<Record<string, string>> = {}): Promise<Gateway> {
  return startGatewayOn(await copyTemplates(), settings)
}

/** On databases that are there. */
export async function startGatewayOn(
  copies: Copies,
  settings: Readonly<Record<string, string>> = {},
): Promise<Gateway> {
  const directory = await mkdtemp(join(tmpdir(), 'portal-gateway-'))
  const environment = {
    PORT: '0',
    DATA_DIR: directory,
    DATABASE_URL: copies.primary.gatewayUrl,
    CDR_DATABASE_URL: copies.cdr.gatewayUrl,
    CUSTOMER_JWT_SECRET: customerSecret,
    ADMIN_JWT_SECRET: adminSecret,
    RECORDINGS_DIR: inject('recordings'),
    RECORDING_FORMAT: 'wav',
    LOG_LEVEL: 'silent',
    // What works in the background would be heard among the statements of what is tested.
    EXPORT_WORKERS: '0',
    ...settings,
  }
  const app = await startApp(readConfig(environment))
  const primary = new pg.Pool({ connectionString: copies.primary.url, max: 2 })
  const cdr = new pg.Pool({ connectionString: copies.cdr.url, max: 2 })
  const ask: Gateway['ask'] = (query, asking) => post(app.url, query, asking)
  const signIn = async (login: string, password = `${login}-demo`): Promise<string> => {
    const { data } = await ask(
      'mutation ($login: String!, $password: String!) { signIn(login: $login, password: $password) { token } }',
      {
        variables: { login, password },
      },
    )
    return data.signIn.token
  }
  return {
    url: app.url,
    app,
    primary,
    cdr,
    another: (more = {}) => startGatewayOn(copies, { ...settings, ...more }),
    apart: (more = {}) => startApart({ ...environment, ...more }),
    ask,
    signIn,
    async admin(name = 'admin', roles = ['root']) {
      if (name !== 'admin') await createAdmin(primary, name, roles)
      const { data } = await ask(
        'mutation ($name: String!) { adminSignIn(username: $name, password: "admin-demo") { token } }',
        { variables: { name } },
      )
      return data.adminSignIn.token
    },
    async login(name, like = 'alice') {
      const profile = await createLogin(primary, name, like)
      const token = await signIn(name, `${like}-demo`)
      return { token, set: (flags) => setFlags(primary, profile, flags) }
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      await Promise.all([primary.end(), cdr.end()])
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Starts a gateway as `npm start` does, and waits until it says where it is. */
async function startApart(environment: Readonly<Record<string, string>>): Promise<Apart> {
  const { PATH = '', HOME = '' } = process.env
  const directory = await mkdtemp(join(tmpdir(), 'portal-gateway-'))
  const child = spawn(process.execPath, ['scripts/start.js'], {
    env: { PATH, HOME, ...environment, DATA_DIR: directory },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const text of child.stdout) {
    output += String(text)
    const [, url] = /(http:\/\/[\d.:]+)\/graphql/.exec(output) ?? []
    if (url === undefined) continue
    return {
      url,
      process: child,
      async [Symbol.asyncDispose]() {
        child.kill('SIGTERM')
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
        await rm(directory, { recursive: true, force: true })
      },
    }
  }
  throw new Error(`The gateway did not start: ${output}`)
}

async function post(url: string, query: string, { token, variables, headers }: Asking = {}): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }), ...headers },
    body: JSON.stringify({ query, variables }),
  })
  const body = await response.json()
  return { status: response.status, headers: response.headers, data: body.data, errors: body.errors }
}

/** With the password of the demo's administrator. */
async function createAdmin(primary: pg.Pool, name: string, roles: readonly string[]): Promise<void> {
  await primary.query(
    `INSERT INTO gui.admin_users (username, encrypted_password, roles, created_at, updated_at)
     SELECT $1, encrypted_password, $2, now(), now() FROM gui.admin_users WHERE username = 'admin'`,
    [name, roles],
  )
}

async function createLogin(primary: pg.Pool, name: string, like: string): Promise<number> {
  const flags = permissionKeys.map((key) => permissions[key].column)
  const { rows } = await primary.query<{ id: number }>(
    `INSERT INTO sys.customer_portal_access_profiles (name, created_at, updated_at, ${flags.join(', ')})
     VALUES ($1, now(), now(), ${flags.map(() => 'true').join(', ')}) RETURNING id`,
    [`profile of ${name}`],
  )
  const profile = rows[0]?.id ?? 0
  await primary.query(
    `INSERT INTO sys.api_access (customer_id, account_ids, allow_outgoing_numberlists_ids, provision_gateway_id, login, password_digest, customer_portal_access_profile_id)
     SELECT customer_id, account_ids, allow_outgoing_numberlists_ids, provision_gateway_id, $1, password_digest, $2 FROM sys.api_access WHERE login = $3`,
    [name, profile, like],
  )
  return profile
}

async function setFlags(primary: pg.Pool, profile: number, flags: Partial<Record<Permission, boolean>>): Promise<void> {
  const given = permissionKeys.filter((key) => flags[key] !== undefined)
  if (given.length === 0) return
  const assignments = given.map((key) => `${permissions[key].column} = ${flags[key] === true}`)
  await primary.query(`UPDATE sys.customer_portal_access_profiles SET ${assignments.join(', ')} WHERE id = $1`, [
    profile,
  ])
}

/** Every flag off but these. */
export function only(...allowed: readonly Permission[]): Record<Permission, boolean> {
  return Object.fromEntries(permissionKeys.map((key) => [key, allowed.includes(key)])) as Record<Permission, boolean>
}

/** Every flag on but these. */
export function allBut(...denied: readonly Permission[]): Record<Permission, boolean> {
  return Object.fromEntries(permissionKeys.map((key) => [key, !denied.includes(key)])) as Record<Permission, boolean>
}
