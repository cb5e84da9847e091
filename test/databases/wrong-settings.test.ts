import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startEmbeddedPostgres } from '../../src/backends/embedded-postgres.ts'
import { createLog } from '../../src/log.ts'
import { copyTemplates, type Copies } from '../support/copies.ts'
import { at, close, open, run, wireTo } from './support.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const root = fileURLToPath(new URL('../..', import.meta.url))
const password = 'pass-word-that-is-not-to-be-told'

let directory: string
let yeti: Copies
/** May read and write whatever is in the databases, but make nothing in them. */
let role: string
const running = new Set<ChildProcess>()

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'portal-settings-'))
  yeti = await copyTemplates()
  role = `settings_${process.pid}_${Date.now()}`
  await addRole(yeti.primary.url, yeti.cdr.url)
})
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await rm(directory, { recursive: true, force: true })
})

/** Everything that a gateway may do there, on each server that one of these is on. */
async function addRole(...urls: readonly string[]): Promise<void> {
  for (const url of urls) {
    await run(
      url,
      `DO $$ BEGIN IF to_regrole('${role}') IS NULL THEN CREATE ROLE ${role} LOGIN PASSWORD '${password}'; END IF; END $$`,
      `GRANT CONNECT ON DATABASE "${new URL(url).pathname.slice(1)}" TO ${role}`,
      `DO $$ DECLARE name text; BEGIN
         FOR name IN SELECT nspname FROM pg_namespace WHERE nspname IN ('sys', 'gui', 'billing', 'class4', 'public', 'cdr', 'stats') LOOP
           EXECUTE format('GRANT USAGE ON SCHEMA %I TO ${role}', name);
           EXECUTE format('GRANT ALL ON ALL TABLES IN SCHEMA %I TO ${role}', name);
           EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO ${role}', name);
         END LOOP;
       END $$`,
    )
  }
}

function as(url: string, user = role, secret = password): string {
  return Object.assign(new URL(url), { username: user, password: secret }).href
}

interface Run {
  readonly child: ChildProcess
  readonly said: { out: string; err: string }
}

/** As `npm start` does it, beside this Yeti unless the settings say otherwise. */
function start(settings: Readonly<Record<string, string>>): Run {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, ['scripts/start.js'], {
    cwd: root,
    env: {
      PATH,
      HOME,
      PORT: '0',
      DATA_DIR: directory,
      DATABASE_URL: yeti.primary.gatewayUrl,
      CDR_DATABASE_URL: yeti.cdr.gatewayUrl,
      CUSTOMER_JWT_SECRET: `${password}-of-customers`,
      ADMIN_JWT_SECRET: `${password}-of-administrators`,
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  child.once('close', () => running.delete(child))
  const said = { out: '', err: '' }
  child.stdout.on('data', (text) => (said.out += String(text)))
  child.stderr.on('data', (text) => (said.err += String(text)))
  return { child, said }
}

function expectNoSecret({ out, err }: Run['said']): void {
  expect(out + err).not.toContain(password)
  expect(out + err).not.toMatch(/postgres(ql)?:\/\//)
  expect(err).not.toMatch(/^\s+at .*[:(]\d+/m)
}

/** What a start ends with that cannot be: these lines, and code 1. */
async function endsWith(settings: Readonly<Record<string, string>>): Promise<string[]> {
  const { child, said } = start(settings)
  const [code] = await once(child, 'close')
  expectNoSecret(said)
  expect({ code, err: said.err }).toEqual({ code: 1, err: said.err })
  expect(said.out).not.toContain('gateway:')
  // Warnings of what is worth knowing come before, as JSON.
  return said.err.split('\n').filter((line) => line !== '' && !line.startsWith('{'))
}

function says({ child, said }: Run, text: RegExp, where: 'out' | 'err' = 'err'): Promise<unknown> {
  return vi.waitUntil(
    () => {
      if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${said.out}${said.err}`)
      return text.test(said[where])
    },
    { timeout: 100_000, interval: 50 },
  )
}

async function stop({ child, said }: Run): Promise<void> {
  expectNoSecret(said)
  child.kill('SIGTERM')
  const [code] = await once(child, 'close')
  expect(code).toBe(0)
}

describe('A database that does not answer', () => {
  it('MUST be waited for, with a line that says which and why, and be used when it does', async () => {
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    const { port } = probe.address() as AddressInfo // it listens on a port
    await new Promise((resolve) => probe.close(resolve))
    const url = Object.assign(new URL(yeti.primary.gatewayUrl), { hostname: '127.0.0.1', port: String(port) }).href
    const gateway = start({ DATABASE_URL: url })
    await says(gateway, new RegExp(`DATABASE_URL: the database at 127\\.0\\.0\\.1:${port} does not answer \\(nothing listens there\\); trying again`))
    const wire = await wireTo(yeti.primary.gatewayUrl, port)
    await says(gateway, /Yeti portal gateway: /, 'out')
    await stop(gateway)
    await wire[Symbol.asyncDispose]()
  }) // prettier-ignore

  it('MUST be waited for where there is no such host, since its name may come later', async () => {
    const gateway = start({ CDR_DATABASE_URL: 'postgresql://reader@cdr.invalid/cdr' })
    await says(gateway, /"CDR_DATABASE_URL: the database at cdr\.invalid:5432 does not answer \(there is no such host/)
    await stop(gateway)
  })

  it('MUST be waited for while it lets nobody in', async () => {
    await close(yeti.cdr)
    const gateway = start({})
    await says(gateway, /"CDR_DATABASE_URL: the database at [\d.]+:\d+ does not answer \(.*not currently accepting connections\)/)
    await open(yeti.cdr)
    await says(gateway, /Yeti portal gateway: /, 'out')
    await stop(gateway)
  }) // prettier-ignore

  it('MUST not be waited for when it is the replica', async () => {
    const gateway = start({ CDR_REPLICA_DATABASE_URL: 'postgresql://reader@cdr.invalid/cdr' })
    await says(gateway, /Yeti portal gateway: /, 'out')
    expect(gateway.said.err.match(/CDR_REPLICA_DATABASE_URL: the replica does not let us read/g)).toHaveLength(1)
    await stop(gateway)
  })
})

/** The three settings, and a database of Yeti's that each could be meant for. */
const settings = [
  ['DATABASE_URL', () => yeti.primary.url],
  ['CDR_DATABASE_URL', () => yeti.cdr.url],
  ['CDR_REPLICA_DATABASE_URL', () => yeti.cdr.url],
] as const

describe.each(settings)('A start with a wrong %s', (name, right) => {
  it("MUST say what is wrong with it: the password, the role, the database, or that it is not Yeti's", async () => {
    const { host } = new URL(right())
    const table = name === 'DATABASE_URL' ? 'sys.api_access' : 'cdr.cdr'
    const refused = (user: string) => `${name}: the server refuses the role "${user}": its password is wrong, or there is no such role`
    const cases = [
      [as(right(), role, `${password}-no`), refused(role)],
      [as(right(), 'nobody_of_that_name'), refused('nobody_of_that_name')],
      [as(at(right(), 'nowhere')), `${name}: there is no database "nowhere" on the server ${host}`],
      [at(right(), 'postgres'), `${name}: this is not a database of Yeti, it has no table ${table}. For an empty one, run: npm run migrate`],
    ] as const
    const lines = await Promise.all(cases.map(([url]) => endsWith({ [name]: url })))
    expect(lines).toEqual(cases.map(([, line]) => [line]))
  }) // prettier-ignore
})

describe('A start with settings that do not fit', () => {
  it('MUST say what the server wants that the URL lacks: a password', async () => {
    expect(await endsWith({ DATABASE_URL: as(yeti.primary.url, role, '') })).toEqual([
      `DATABASE_URL: the server asks for a password of the role "${role}", and the URL has none`,
    ])
  })

  it('MUST say that the server offers no SSL', async () => {
    expect(await endsWith({ DATABASE_URL: `${yeti.primary.gatewayUrl}?sslmode=verify-full` })).toEqual([
      'DATABASE_URL: the server does not offer SSL, which sslmode in the URL asks for',
    ])
  })

  it('MUST say that a certificate is not there', async () => {
    expect(await endsWith({ DATABASE_URL: `${yeti.primary.gatewayUrl}?sslrootcert=/nowhere/ca.pem` })).toEqual([
      "DATABASE_URL: ENOENT: no such file or directory, open '/nowhere/ca.pem'",
    ])
  })

  it('MUST say that the role may not connect, with the statement that lets it', async () => {
    const name = new URL(yeti.cdr.url).pathname.slice(1)
    await run(yeti.cdr.url, `REVOKE CONNECT ON DATABASE "${name}" FROM PUBLIC, ${role}`)
    const lines = await endsWith({ CDR_DATABASE_URL: as(yeti.cdr.url) })
    expect(lines).toEqual([
      `CDR_DATABASE_URL: the role "${role}" may not connect to the database "${name}": GRANT CONNECT ON DATABASE "${name}" TO "${role}";`,
    ])
    await run(yeti.cdr.url, statementIn(lines[0]), `GRANT CONNECT ON DATABASE "${name}" TO PUBLIC`)
  })

  it('MUST say that the two URLs are swapped', async () => {
    expect(await endsWith({ DATABASE_URL: yeti.cdr.gatewayUrl, CDR_DATABASE_URL: yeti.primary.gatewayUrl })).toEqual([
      'DATABASE_URL, CDR_DATABASE_URL: they are swapped: the first is of the CDR database, the second of the primary',
    ])
  })

  it('MUST say that one of them is of the other database', async () => {
    const cases = [
      [{ DATABASE_URL: yeti.cdr.gatewayUrl, CDR_DATABASE_URL: '' }, "DATABASE_URL: this is Yeti's CDR database, which is for CDR_DATABASE_URL; its primary database is expected"],
      [{ CDR_DATABASE_URL: '' }, 'CDR_DATABASE_URL: another database than that of DATABASE_URL is expected, which has no table cdr.cdr'],
      [{ CDR_DATABASE_URL: `${yeti.primary.gatewayUrl}?application_name=x` }, "CDR_DATABASE_URL: this is Yeti's primary database, which is for DATABASE_URL; its CDR database is expected"],
      [{ CDR_REPLICA_DATABASE_URL: yeti.primary.gatewayUrl }, "CDR_REPLICA_DATABASE_URL: this is Yeti's primary database, which is for DATABASE_URL; its CDR database is expected"],
    ] as const
    const lines = await Promise.all(cases.map(([given]) => endsWith(given)))
    expect(lines).toEqual(cases.map(([, line]) => [line]))
  }) // prettier-ignore

  it('MUST say all that is wrong at once, a line each', async () => {
    const lines = await endsWith({ DATABASE_URL: yeti.cdr.gatewayUrl, CDR_REPLICA_DATABASE_URL: yeti.primary.gatewayUrl })
    expect(lines.map((line) => line.split(':')[0])).toEqual(['DATABASE_URL', 'CDR_REPLICA_DATABASE_URL'])
  }) // prettier-ignore
})

/** What a line ends with: the statement that mends it, or several. */
function statementIn(line = ''): string {
  return /(?:GRANT|CREATE|ALTER) .*;/.exec(line)?.[0] ?? ''
}

describe('A start on a database that will not do', () => {
  it('MUST say that PostgreSQL is too old', async () => {
    const { cdr } = await copyTemplates()
    const name = new URL(cdr.url).pathname.slice(1)
    // The database says so of itself, since there is only one PostgreSQL here.
    await run(
      cdr.url,
      'CREATE SCHEMA old',
      `CREATE FUNCTION old.current_setting(name text) RETURNS text LANGUAGE sql AS $$
         SELECT CASE name WHEN 'server_version_num' THEN '130014' WHEN 'server_version' THEN '13.14' END $$`,
      'GRANT USAGE ON SCHEMA old TO PUBLIC',
      `ALTER DATABASE "${name}" SET search_path = old, pg_catalog`,
    )
    expect(await endsWith({ CDR_DATABASE_URL: cdr.gatewayUrl })).toEqual([
      'CDR_DATABASE_URL: the server is PostgreSQL 13.14, which is too old; 14 or a later one is needed',
    ])
  })

  it('MUST say that Yeti is older than access profiles, and which of its migrations brings them', async () => {
    const { primary } = await copyTemplates()
    await run(primary.url, 'DROP TABLE sys.customer_portal_access_profiles CASCADE')
    const [line, ...more] = await endsWith({ DATABASE_URL: primary.gatewayUrl })
    expect(line).toMatch(/^DATABASE_URL: this Yeti is older than access profiles: .*20251022165638.*upgrade Yeti$/)
    expect(more).toEqual([])
  })

  it('MUST say what its role may not read, with the statements that let it, which do', async () => {
    const { primary, cdr } = await copyTemplates()
    await addRole(primary.url, cdr.url)
    await run(primary.url, `REVOKE ALL ON sys.api_access, public.contractors FROM ${role}; REVOKE USAGE ON SCHEMA sys FROM ${role}; ALTER SCHEMA portal OWNER TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA portal TO ${role}`)
    await run(cdr.url, `REVOKE ALL ON cdr.cdr FROM ${role}`)
    const urls = { DATABASE_URL: as(primary.url), CDR_DATABASE_URL: as(cdr.url) }
    const lines = await endsWith(urls)
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^DATABASE_URL: the role "${role}" may not read sys\\.api_access, sys\\.customer_portal_access_profiles, public\\.contractors: GRANT .*; npm run yeti -- grants prints`)),
      expect.stringMatching(new RegExp(`^CDR_DATABASE_URL: the role "${role}" may not read cdr\\.cdr: GRANT .*; npm run yeti -- grants prints`)),
    ])
    await run(primary.url, statementIn(lines[0]))
    await run(cdr.url, statementIn(lines[1]))
    const gateway = start(urls)
    await says(gateway, /Yeti portal gateway: /, 'out')
    await stop(gateway)
  }) // prettier-ignore

  it('MUST say that its role may not create the schema portal, with the statement that mends it, which does', async () => {
    const { primary, cdr } = await copyTemplates()
    await addRole(primary.url, cdr.url)
    await run(primary.url, 'DROP SCHEMA portal CASCADE')
    const urls = { DATABASE_URL: as(primary.url), CDR_DATABASE_URL: as(cdr.url) }
    const lines = await endsWith(urls)
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^DATABASE_URL: the role "${role}" may not create the schema portal, .*: CREATE SCHEMA .*portal AUTHORIZATION "${role}";$`)),
    ])
    await run(primary.url, statementIn(lines[0]))
    const gateway = start(urls)
    await says(gateway, /Yeti portal gateway: /, 'out')
    await stop(gateway)
  }) // prettier-ignore

  it('MUST say that the schema portal belongs to another role, with the statement that mends it, which does', async () => {
    const { primary, cdr } = await copyTemplates()
    await addRole(primary.url, cdr.url)
    const owner = `${role}_owner`
    await run(primary.url, `CREATE ROLE ${owner}; DROP SCHEMA portal CASCADE; CREATE SCHEMA portal AUTHORIZATION ${owner}`)
    const urls = { DATABASE_URL: as(primary.url), CDR_DATABASE_URL: as(cdr.url) }
    const lines = await endsWith(urls)
    expect(lines).toEqual([
      `DATABASE_URL: the schema portal belongs to the role "${owner}", so the role "${role}" cannot bring it up to date: GRANT "${owner}" TO "${role}";`,
    ])
    await run(primary.url, statementIn(lines[0]))
    const gateway = start(urls)
    await says(gateway, /Yeti portal gateway: /, 'out')
    await stop(gateway)
  }) // prettier-ignore
})

describe('A start on a server that does not let the role in', () => {
  it('MUST say how: only with SSL, not from here, or not at all', async () => {
    await using server = await startEmbeddedPostgres({ directory: join(directory, 'own'), databases: ['yeti'], log: createLog('error') })
    const url = server.urlFor('yeti')
    const file = join(directory, 'own', 'data', 'pg_hba.conf')
    const rules = 'hostssl all only_ssl 127.0.0.1/32 scram-sha-256\nhost all only_ssl all reject\nhost all elsewhere all reject\nhost all trusted all trust\n'
    await writeFile(file, rules + (await readFile(file, 'utf8')))
    await run(url, 'CREATE ROLE only_ssl LOGIN', 'CREATE ROLE elsewhere LOGIN', 'CREATE ROLE asleep', 'SELECT pg_reload_conf()')
    await run(url, `ALTER ROLE asleep PASSWORD '${password}'`)
    const of = async (user: string) => (await endsWith({ DATABASE_URL: as(url, user) }))[0]
    expect(await of('only_ssl')).toMatch(/^DATABASE_URL: the server lets the role "only_ssl" in from here only with SSL, if at all: add \?sslmode=verify-full to the URL/)
    expect(await of('elsewhere')).toMatch(/^DATABASE_URL: .*pg_hba\.conf|only with SSL/)
    expect(await of('asleep')).toBe('DATABASE_URL: the role "asleep" is not permitted to log in: ALTER ROLE "asleep" LOGIN;')
    expect(await of('trusted')).toBe('DATABASE_URL: there is no role "trusted" on the server')
  }) // prettier-ignore
})
