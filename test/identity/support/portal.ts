import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import bcrypt from 'bcrypt'
import { pino } from 'pino'
import { openDatabases, sql, type Databases } from '../../../src/backends/databases.ts'
import { startEmbeddedPostgres } from '../../../src/backends/embedded-postgres.ts'
import { migrate } from '../../../src/backends/migrate.ts'
import { readConfig, type Config } from '../../../src/config.ts'
import { createIdentity, loadRolePolicy, type Credentials, type Identity } from '../../../src/identity/identity.ts'
import type { Log } from '../../../src/log.ts'
import { copyTemplates, type Copy } from '../../support/copies.ts'
import { onYetisTables } from '../../support/yeti/switch.ts'
import { adminSecret, customerSecret } from './tokens.ts'

const rolePolicy = await loadRolePolicy(null)

export const secrets = { customer: customerSecret, admin: adminSecret }

export interface Portal extends AsyncDisposable {
  /** As the gateway's role. */
  readonly databases: Databases
  /** As a superuser, who changes what is Yeti's. */
  readonly owner: Databases
  readonly logged: string[]
  identity(settings?: Readonly<Record<string, string>>): Identity
}

/** Yeti's tables in a real PostgreSQL, the gateway's own, and a few people. */
export async function startPortal(): Promise<Portal> {
  const { log, lines } = memoryLog()
  const database = onYetisTables ? await yetiDatabase() : await migratedDatabase(log)
  const open = (url: string) =>
    openDatabases({ primaryUrl: url, cdrUrl: url, poolSize: 4, statementTimeout: 10_000, log })
  const databases = open(database.gatewayUrl)
  const owner = open(database.url)
  await fill(owner)
  return {
    databases,
    owner,
    logged: lines,
    identity: (settings) => createIdentity({ config: configOf(settings), secrets, databases, rolePolicy, log }),
    async [Symbol.asyncDispose]() {
      await databases[Symbol.asyncDispose]()
      await owner[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

async function migratedDatabase(log: Log): Promise<Copy & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'identity-'))
  const server = await startEmbeddedPostgres({ directory, databases: ['primary'], log })
  const url = server.urlFor('primary')
  await migrate('primary', url)
  await migrate('portal', url)
  return {
    url,
    gatewayUrl: url,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** In the run's server, which ends with the run. */
async function yetiDatabase(): Promise<Copy & AsyncDisposable> {
  const { primary } = await copyTemplates({ primary: 'yeti_bare', cdr: 'cdr_bare' })
  await migrate('portal', primary.gatewayUrl)
  return { ...primary, [Symbol.asyncDispose]: () => Promise.resolve() }
}

export function configOf(settings: Readonly<Record<string, string>> = {}): Config {
  return readConfig(settings)
}

export function memoryLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = []
  return { log: pino({ level: 'debug', base: null }, { write: (line: string) => void lines.push(line) }), lines }
}

/** A request that presents its token in the header. */
export function bearer(token: string, address = '203.0.113.5'): Credentials {
  return { authorization: `Bearer ${token}`, cookie: null, address }
}

export function withCookie(token: string, name = '_yeti_customer_v1_session', address = '203.0.113.5'): Credentials {
  return { authorization: null, cookie: `theme=dark; ${name}=${token}`, address }
}

/**
 * Passwords are the names with `-secret`. Logins: anna (10) from anywhere, ben (11) from two networks, cleo (12) from
 * nowhere. Administrators: root (20) and anywhere (22) from anywhere, office (21) from one network, disabled (23),
 * undecided (24) who was never enabled, single (25) who has no password here.
 */
async function fill(databases: Databases): Promise<void> {
  const digest = (name: string): string => bcrypt.hashSync(`${name}-secret`, 4)
  const run = (statement: ReturnType<typeof sql>) => databases.query('primary', statement)
  await run(sql`INSERT INTO public.contractors (id, name, enabled, vendor, customer) VALUES
    (1, 'Acme', true, false, true), (2, 'Bolt', false, true, true)`)
  await run(sql`INSERT INTO sys.customer_portal_access_profiles (id, name, created_at, updated_at) VALUES
    (1, 'Default', now(), now()), (2, 'Narrow', now(), now()) ON CONFLICT (id) DO NOTHING`)
  await run(sql`UPDATE sys.customer_portal_access_profiles SET outgoing_cdrs = false, services = false WHERE id = 2`)
  await run(sql`INSERT INTO sys.api_access
      (id, customer_id, login, password_digest, account_ids, allow_outgoing_numberlists_ids, allowed_ips,
       customer_portal_access_profile_id)
    VALUES
      (10, 1, 'anna', ${digest('anna')}, '{5,6}', '{7}', DEFAULT, 1),
      (11, 2, 'ben', ${digest('ben')}, DEFAULT, DEFAULT, '{10.0.0.0/8,2001:db8::/32}', 2),
      (12, 2, 'cleo', ${digest('cleo')}, DEFAULT, DEFAULT, '{}', 1)`)
  await run(sql`INSERT INTO gui.admin_users
      (id, username, encrypted_password, enabled, roles, allowed_ips, created_at, updated_at)
    VALUES
      (20, 'root', ${digest('root')}, true, '{root}', NULL, now(), now()),
      (21, 'office', ${digest('office')}, true, '{user,auditor}', '{192.0.2.0/24}', now(), now()),
      (22, 'anywhere', ${digest('anywhere')}, true, '{user}', '{}', now(), now()),
      (23, 'disabled', ${digest('disabled')}, false, '{root}', NULL, now(), now()),
      (24, 'undecided', ${digest('undecided')}, NULL, '{root}', NULL, now(), now()),
      (25, 'single', '', true, '{root}', NULL, now(), now())`)
}
