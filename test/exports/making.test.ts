import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { adminSecret, customerSecret } from '../support/gateway.ts'
import { buildGate, type Gate } from './gate.ts'
import {
  accounts,
  create,
  download,
  expectedLines,
  settled,
  startExporting,
  stored,
  until,
  type ExportGateway,
} from './support.ts'

vi.setConfig({ testTimeout: 60_000 })

/** Somebody has come to the gate. */
async function atGate(gate: Gate): Promise<number> {
  const [pid] = await until(gate.waiting, (pids) => pids.length > 0)
  return pid ?? 0
}

async function expectWhole(gateway: ExportGateway, uuid: string): Promise<void> {
  const lines = await download(gateway, await gateway.signIn('alice'), uuid)
  const expected = await expectedLines(gateway, ['time_start', 'orig_call_id'])
  expect(lines).toHaveLength(expected.length + 1)
  expect((await stored(gateway, uuid)).rows_count).toBe(expected.length)
  const ids = (all: readonly string[]) => all.map((line) => /[\w-]+@[\w.]+/.exec(line)?.[0] ?? '').sort()
  expect(ids(lines.slice(1))).toEqual(ids(expected))
}

/** The queue waits before it tries again; a test need not. */
async function hurry({ primary }: ExportGateway): Promise<void> {
  await primary.query('UPDATE portal._private_jobs SET run_at = now() WHERE locked_at IS NULL')
  await primary.query(`SELECT pg_notify('jobs:insert', '{"count":1}')`)
}

async function look(gateway: ExportGateway, token: string) {
  const query = '{ outgoingCdrExports(first: 1) { nodes { status rowsWritten progress rowsCount expiresAt file { url } } } }'
  return (await gateway.ask(query, { token })).data.outgoingCdrExports.nodes[0]
} // prettier-ignore

describe('An export in work', () => {
  test('MUST tell how far it is, and have no file before it is done', async () => {
    await using gateway = await startExporting()
    await using gate = await buildGate(gateway)
    const alice = await gateway.signIn('alice')
    const times = await expectedLines(gateway, ['time_start'])
    const [newest, oldest] = [times[0], times.at(-1)].map((line) => new Date(`${line?.slice(1, -1).replace(' ', 'T')}:00`))
    const filters = { timeStartGte: oldest?.toISOString(), timeStartLt: new Date((newest?.getTime() ?? 0) + 1).toISOString() }
    await create(gateway, alice, { filters })
    await atGate(gate)
    const seen = await until(() => look(gateway, alice), ({ rowsWritten }) => rowsWritten !== '0')
    expect(seen).toMatchObject({ status: 'PENDING', rowsCount: null, expiresAt: null, file: null })
    // The server sends in blocks: some of what comes before the gate is still with it.
    expect(Number(seen.rowsWritten)).toBeGreaterThan(gate.before / 2)
    expect(Number(seen.rowsWritten)).toBeLessThanOrEqual(gate.before)
    expect(seen.progress).toBeGreaterThan(0)
    expect(seen.progress).toBeLessThan(1)
    expect((await gateway.files()).filter((name) => name.endsWith('.csv.gz'))).toEqual([])
    await gate.open()
    const done = await until(() => look(gateway, alice), ({ status }) => status !== 'PENDING')
    expect(done).toMatchObject({ status: 'COMPLETED', rowsWritten: String(done.rowsCount), progress: 1, file: { url: expect.any(String) } })
    const month = 30 * 24 * 60 * 60 * 1000
    expect(Math.abs(Date.parse(done.expiresAt) - Date.now() - month)).toBeLessThan(60_000)
  }) // prettier-ignore

  test('MUST be made once, however many gateways there are', async () => {
    await using gateway = await startExporting({ EXPORT_WORKERS: '3' })
    await using _second = await gateway.another()
    await using _third = await gateway.another()
    const alice = await gateway.signIn('alice')
    const uuids = await Promise.all(Array.from({ length: 9 }, (_, index) => create(gateway, alice, {}, index % 2 ? accounts.main : accounts.retail)))
    const rows = await Promise.all(uuids.map((uuid) => settled(gateway, uuid)))
    expect(rows.map(({ status, attempts }) => [status, attempts])).toEqual(rows.map(() => ['Completed', 1]))
    expect([...(await gateway.files())].sort()).toEqual(rows.map(({ id }) => `${id}.csv.gz`).sort())
    await until(async () => (await gateway.primary.query('SELECT FROM portal.jobs')).rowCount, (count) => count === 0)
  }) // prettier-ignore

  test('MUST be left alone by the others, also when there is a second job for it', async () => {
    await using gateway = await startExporting()
    await using gate = await buildGate(gateway)
    await using _second = await gateway.another()
    const uuid = await create(gateway, await gateway.signIn('alice'), {})
    await atGate(gate)
    const { id } = await stored(gateway, uuid)
    await gateway.primary.query(`SELECT portal.add_job('make_cdr_export', json_build_object('id', $1::int))`, [id])
    // The second job is done when somebody has seen that the export is held.
    await until(async () => (await gateway.primary.query('SELECT FROM portal.jobs')).rowCount, (count) => count === 1)
    expect(await gate.waiting()).toHaveLength(1)
    await gate.open()
    expect(await settled(gateway, uuid)).toMatchObject({ status: 'Completed', attempts: 1 })
  }) // prettier-ignore
})

/** A gateway in a process of its own that makes exports. */
async function startApart(gateway: ExportGateway): Promise<{ readonly child: ChildProcess } & AsyncDisposable> {
  const { primary, cdr } = gateway.app.services.databases
  const directory = await mkdtemp(join(tmpdir(), 'portal-apart-'))
  const { PATH = '', HOME = '' } = process.env
  const settings = {
    DATA_DIR: directory,
    DATABASE_URL: primary.options.connectionString,
    CDR_DATABASE_URL: cdr.options.connectionString,
    CUSTOMER_JWT_SECRET: customerSecret,
    ADMIN_JWT_SECRET: adminSecret,
    EXPORTS_DIR: gateway.directory,
    EXPORT_WORKERS: '1',
    LOG_LEVEL: 'error',
  }
  const env = { PATH, HOME, PORT: '0', ...settings }
  const child = spawn(process.execPath, ['scripts/start.js'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  for await (const text of child.stdout) if (/http:\/\//.test((said += String(text)))) break
  if (!said.includes('http://')) throw new Error(`The gateway did not start: ${said}`)
  return {
    child,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      await rm(directory, { recursive: true, force: true })
    },
  }
}

describe('When a process is killed', () => {
  test('MUST another one begin anew with what it was making, and finish it', async () => {
    await using gateway = await startExporting({ EXPORT_WORKERS: '0' })
    await using gate = await buildGate(gateway)
    const uuid = await create(gateway, await gateway.signIn('alice'), {})
    await using apart = await startApart(gateway)
    await atGate(gate)
    expect(await stored(gateway, uuid)).toMatchObject({ status: 'Pending', attempts: 1 })
    apart.child.kill('SIGKILL')
    await once(apart.child, 'exit')
    expect((await gateway.files()).filter((name) => name.endsWith('.csv.gz'))).toEqual([])
    await using _next = await gateway.another({ EXPORT_WORKERS: '1' })
    await gate.open()
    const row = await settled(gateway, uuid)
    expect(row).toMatchObject({ status: 'Completed', attempts: 2 })
    expect(await gateway.files()).toContain(`${row.id}.csv.gz`)
    await expectWhole(gateway, uuid)
  })

  test('MUST a running one find it by itself', async () => {
    await using gateway = await startExporting({ EXPORT_WORKERS: '0' })
    await using gate = await buildGate(gateway)
    const uuid = await create(gateway, await gateway.signIn('alice'), {})
    await using apart = await startApart(gateway)
    await atGate(gate)
    await using _next = await gateway.another({ EXPORT_WORKERS: '1' })
    apart.child.kill('SIGKILL')
    await gate.open()
    expect(await settled(gateway, uuid)).toMatchObject({ status: 'Completed', attempts: 2 })
  })

  test('MUST the export fail that was begun three times', async () => {
    await using gateway = await startExporting({ EXPORT_WORKERS: '0' })
    const uuid = await create(gateway, await gateway.signIn('alice'), {})
    const { id } = await stored(gateway, uuid)
    // Three processes have taken it, and are gone with their jobs.
    await gateway.primary.query('UPDATE portal.cdr_exports SET attempts = 3, started_at = now() WHERE export_id = $1', [id])
    await gateway.primary.query(`UPDATE portal._private_jobs SET locked_at = now(), locked_by = 'somebody', attempts = 1`)
    await using _next = await gateway.another({ EXPORT_WORKERS: '1' })
    expect((await settled(gateway, uuid)).status).toBe('Failed')
    expect(await gateway.files()).toEqual([])
    await until(async () => (await gateway.primary.query(`SELECT FROM portal.jobs WHERE locked_at IS NULL OR locked_by <> 'somebody'`)).rowCount, (count) => count === 0)
  }) // prettier-ignore

  test('MUST an export be made whose job is lost', async () => {
    await using gateway = await startExporting({ EXPORT_WORKERS: '0' })
    const uuid = await create(gateway, await gateway.signIn('alice'), {})
    await gateway.primary.query('DELETE FROM portal._private_jobs')
    await using _next = await gateway.another({ EXPORT_WORKERS: '1' })
    expect(await settled(gateway, uuid)).toMatchObject({ status: 'Completed', attempts: 1 })
  })

  test('MUST what Yeti has not made yet be left to Yeti', async () => {
    await using gateway = await startExporting({ EXPORT_WORKERS: '0' })
    const { rows } = await gateway.primary.query<{ uuid: string }>(
      `INSERT INTO sys.cdr_exports (status, type, customer_account_id) VALUES ('Pending', 'Base', $1) RETURNING uuid`,
      [accounts.main],
    )
    const uuid = await create(gateway, await gateway.signIn('alice'), {})
    await gateway.primary.query('DELETE FROM portal._private_jobs')
    await using _next = await gateway.another({ EXPORT_WORKERS: '1' })
    await settled(gateway, uuid)
    const yetis = await gateway.primary.query('SELECT status FROM sys.cdr_exports WHERE uuid = $1', [rows[0]?.uuid])
    expect(yetis.rows).toEqual([{ status: 'Pending' }])
  })
})

describe('When a gateway stops', () => {
  test('MUST it give up what it is making at once, for another one, and not count it', async () => {
    await using gateway = await startExporting({ EXPORT_WORKERS: '0' })
    await using gate = await buildGate(gateway)
    const uuid = await create(gateway, await gateway.signIn('alice'), {})
    const first = await gateway.another({ EXPORT_WORKERS: '1' })
    await atGate(gate)
    // The gate is closed: it does not wait for what stands there.
    await first[Symbol.asyncDispose]()
    expect(await stored(gateway, uuid)).toMatchObject({ status: 'Pending', attempts: 0, rows_written: '0' })
    expect(await gateway.files()).toEqual([])
    await gate.open()
    await using _next = await gateway.another({ EXPORT_WORKERS: '1' })
    expect(await settled(gateway, uuid)).toMatchObject({ status: 'Completed', attempts: 1 })
    await expectWhole(gateway, uuid)
  })

  test('MUST a process end by itself that was making one', async () => {
    await using gateway = await startExporting({ EXPORT_WORKERS: '0' })
    await using gate = await buildGate(gateway)
    const uuid = await create(gateway, await gateway.signIn('alice'), {})
    await using apart = await startApart(gateway)
    await atGate(gate)
    apart.child.kill('SIGTERM')
    expect(await once(apart.child, 'exit')).toEqual([0, null])
    expect(await stored(gateway, uuid)).toMatchObject({ status: 'Pending', attempts: 0 })
  })
})

describe('When something goes wrong', () => {
  test('MUST an export be made anew after the calls’ database was gone, which does not count', async () => {
    await using gateway = await startExporting()
    await using gate = await buildGate(gateway)
    const uuid = await create(gateway, await gateway.signIn('alice'), {})
    const pid = await atGate(gate)
    await gateway.cdr.query('SELECT pg_terminate_backend($1)', [pid])
    await until(async () => (await gateway.primary.query('SELECT FROM portal.jobs WHERE last_error IS NOT NULL')).rowCount, (count) => count === 1)
    expect(await stored(gateway, uuid)).toMatchObject({ status: 'Pending', attempts: 0 })
    expect(await gateway.files()).toEqual([])
    await gate.open()
    await hurry(gateway)
    expect(await settled(gateway, uuid)).toMatchObject({ status: 'Completed', attempts: 1 })
    await expectWhole(gateway, uuid)
  }) // prettier-ignore

  test('MUST an export be made anew whose hold was lost, and by nobody before it is given up', async () => {
    await using gateway = await startExporting()
    await using gate = await buildGate(gateway)
    const uuid = await create(gateway, await gateway.signIn('alice'), {})
    await atGate(gate)
    const { id } = await stored(gateway, uuid)
    await gateway.primary.query(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND objsubid = 2`, [id])
    await until(async () => (await gateway.primary.query('SELECT FROM portal.jobs WHERE last_error IS NOT NULL')).rowCount, (count) => count === 1)
    expect(await gateway.files()).toEqual([])
    await gate.open()
    await hurry(gateway)
    expect(await settled(gateway, uuid)).toMatchObject({ status: 'Completed', attempts: 2 })
    await expectWhole(gateway, uuid)
  }) // prettier-ignore

  test('MUST an export fail that cannot be written, after three attempts, and the gateway go on', async () => {
    await using gateway = await startExporting()
    const alice = await gateway.signIn('alice')
    await rm(gateway.directory, { recursive: true })
    await writeFile(gateway.directory, 'not a directory')
    const uuid = await create(gateway, alice, {})
    const seen = new Set<number>()
    const row = await until(
      async () => {
        const now = await stored(gateway, uuid)
        seen.add(now.attempts)
        await hurry(gateway)
        return now
      },
      ({ status }) => status !== 'Pending',
    )
    expect(row).toMatchObject({ status: 'Failed', attempts: 3, rows_count: null })
    expect([...seen].at(-1)).toBe(3)
    expect((await look(gateway, alice)).file).toBeNull()
    await rm(gateway.directory)
    expect((await settled(gateway, await create(gateway, alice, {}))).status).toBe('Completed')
  })

  test('MUST an export fail that asks for what nobody may have', async () => {
    await using gateway = await startExporting({ EXPORT_WORKERS: '0' })
    const alice = await gateway.signIn('alice')
    const [column, filter] = await Promise.all([create(gateway, alice, {}), create(gateway, alice, {})])
    await gateway.primary.query(`UPDATE sys.cdr_exports SET fields = '{time_start,vendor_price}' WHERE uuid = $1`, [column])
    await gateway.primary.query(`UPDATE sys.cdr_exports SET filters = '{"vendor_id_eq": 1}' WHERE uuid = $1`, [filter])
    await gateway.primary.query('UPDATE portal.cdr_exports SET attempts = 2')
    await using _maker = await gateway.another({ EXPORT_WORKERS: '1' })
    for (const uuid of [column, filter]) expect((await settled(gateway, uuid)).status).toBe('Failed')
    expect(await gateway.files()).toEqual([])
  }) // prettier-ignore

  test('MUST a file go again that nobody waits for any more', async () => {
    await using gateway = await startExporting()
    await using gate = await buildGate(gateway)
    const uuid = await create(gateway, await gateway.signIn('alice'), {})
    await atGate(gate)
    await gateway.primary.query(`UPDATE sys.cdr_exports SET status = 'Deleted' WHERE uuid = $1`, [uuid])
    await gate.open()
    await until(async () => (await gateway.primary.query('SELECT FROM portal.jobs')).rowCount, (count) => count === 0)
    expect(await gateway.files()).toEqual([])
    expect((await stored(gateway, uuid)).status).toBe('Deleted')
  }) // prettier-ignore
})

describe('When its time is over', () => {
  test('MUST a file be removed, and the export be deleted', async () => {
    await using gateway = await startExporting({ EXPORT_LIFETIME: '3600' })
    const alice = await gateway.signIn('alice')
    const [over, kept] = [await create(gateway, alice, {}), await create(gateway, alice, {}, accounts.retail)]
    const { id, expires_at: expiresAt } = await settled(gateway, over)
    expect(Math.abs((expiresAt?.getTime() ?? 0) - Date.now() - 3_600_000)).toBeLessThan(60_000)
    const { id: keptId } = await settled(gateway, kept)
    expect([...(await gateway.files())].sort()).toEqual([`${id}.csv.gz`, `${keptId}.csv.gz`].sort())
    await gateway.primary.query('UPDATE portal.cdr_exports SET expires_at = now() WHERE export_id = $1', [id])
    // Both look at once; the first gateway does so after a while, too.
    await using _second = await gateway.another()
    await using _third = await gateway.another()
    await until(() => stored(gateway, over), ({ status }) => status === 'Deleted')
    expect(await gateway.files()).toEqual([`${keptId}.csv.gz`])
    expect(await stored(gateway, kept)).toMatchObject({ status: 'Completed' })
  }) // prettier-ignore

  test('MUST a file be removed that an administrator has deleted, and no other one', async () => {
    await using gateway = await startExporting({ EXPORT_LIFETIME: 'none' })
    const alice = await gateway.signIn('alice')
    const [kept, deleted] = [await create(gateway, alice, {}), await create(gateway, alice, {})]
    const rows = await Promise.all([kept, deleted].map((uuid) => settled(gateway, uuid)))
    expect(rows.map(({ status, expires_at }) => [status, expires_at])).toEqual(rows.map(() => ['Completed', null]))
    await writeFile(join(gateway.directory, '999.csv.gz'), 'Yeti’s')
    await gateway.primary.query(`INSERT INTO sys.cdr_exports (id, status, type, customer_account_id) VALUES (999, 'Deleted', 'Base', $1)`, [accounts.main])
    await gateway.primary.query(`UPDATE sys.cdr_exports SET status = 'Deleted' WHERE uuid = $1`, [deleted])
    await using _look = await gateway.another()
    await until(gateway.files, (files) => files.length === 2)
    expect([...(await readdir(gateway.directory))].sort()).toEqual([`${rows[0]?.id}.csv.gz`, '999.csv.gz'].sort())
  }) // prettier-ignore
})
