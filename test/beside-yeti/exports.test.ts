import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accounts, create, settled, until } from '../exports/support.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'
import { startS3Server, type S3Server } from '../support/s3-server.ts'

// Exports of a Yeti that goes on making them, in its folder or bucket, and that knows nothing of the gateway.

let directory: string
let s3: S3Server
let inFolder: Gateway
let inBucket: Gateway
let alice: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'yeti-exports-'))
  // As an operator would set it up for the web server's group: files get the group of the folder.
  await chmod(directory, 0o2770)
  s3 = await startS3Server()
  inFolder = await startGateway({ EXPORTS_DIR: directory, EXPORT_WORKERS: '1' })
  inBucket = await inFolder.another({ ...s3.settings, S3_EXPORTS_BUCKET: 'yeti-exports', EXPORTS_DIR: '/nowhere', EXPORT_WORKERS: '0' }) // prettier-ignore
  alice = await inFolder.signIn('alice')
  await becomeYetis(inFolder)
})
afterAll(async () => {
  await inBucket[Symbol.asyncDispose]()
  await inFolder[Symbol.asyncDispose]()
  await s3[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

/** Yeti's queue, with a job of its own in it, and nobody who may touch it. */
async function becomeYetis({ primary }: Gateway): Promise<void> {
  await primary.query(`
    CREATE TABLE IF NOT EXISTS sys.delayed_jobs (
      id serial PRIMARY KEY, priority int NOT NULL DEFAULT 0, attempts int NOT NULL DEFAULT 0, handler text NOT NULL,
      last_error text, run_at timestamptz, locked_at timestamptz, failed_at timestamptz, locked_by varchar(255),
      queue varchar(255), created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, unique_name varchar);
    INSERT INTO sys.delayed_jobs (handler, queue, run_at, created_at, updated_at)
    VALUES ('--- !ruby/object:ActiveJob::QueueAdapters::DelayedJobAdapter::JobWrapper', 'cdr_export', now(), now(), now());
    CREATE FUNCTION sys.nobody_touches_jobs() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'the queue is not ours'; END $$;
    CREATE TRIGGER nobody_touches_jobs BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON sys.delayed_jobs
      EXECUTE FUNCTION sys.nobody_touches_jobs();`)
}

/** The columns that Yeti exports, as it stores them. */
const fields =
  'time_start time_connect time_end success duration src_name_in src_prefix_in dst_prefix_in from_domain to_domain ruri_domain lega_disconnect_code lega_disconnect_reason auth_orig_ip auth_orig_port src_prefix_routing dst_prefix_routing destination_prefix destination_initial_interval destination_next_interval destination_initial_rate destination_next_rate destination_fee customer_price customer_duration orig_call_id local_tag lega_user_agent diversion_in'.split(
    ' ',
  )

interface YetiExport {
  readonly id: number
  readonly uuid: string
}

/** What `POST cdr-exports` of Yeti's own API writes. */
async function yetiCreates({ primary }: Gateway): Promise<YetiExport> {
  const filters = { time_start_gteq: '2026-07-01T00:00:00.000Z', time_start_lt: '2026-07-02T00:00:00.000Z', success_eq: true, customer_acc_id_eq: accounts.main } // prettier-ignore
  const { rows } = await primary.query<YetiExport>(
    `INSERT INTO sys.cdr_exports (status, type, fields, filters, customer_account_id, time_format, time_zone_name, created_at, updated_at)
     VALUES ('Pending', 'Base', $1, $2, $3, 'with_timezone', NULL, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC') RETURNING id, uuid`,
    [fields, JSON.stringify(filters), accounts.main],
  )
  const [row] = rows
  if (!row) throw new TypeError('Nothing was inserted')
  return row
}

/** What its worker does at the end. */
async function yetiFinishes({ primary }: Gateway, { id }: YetiExport, status: string, rowsCount: number | null) {
  await primary.query(
    `UPDATE sys.cdr_exports SET status = $2, rows_count = $3, updated_at = now() AT TIME ZONE 'UTC' WHERE id = $1`,
    [id, status, rowsCount],
  )
}

const csv = gzipSync('Time Start,Duration\n"2026-07-01 10:00:00+00","30"\n')

const places = [
  ['a folder', () => inFolder, ({ id }: YetiExport) => writeFile(join(directory, `${id}.csv.gz`), csv)],
  ['a bucket', () => inBucket, async ({ id }: YetiExport) => s3.put(`yeti-exports/${id}.csv.gz`, csv)],
] as const

async function seen(gateway: Gateway, { uuid }: YetiExport) {
  const { data, errors } = await gateway.ask(
    '{ outgoingCdrExports(first: 200) { nodes { uuid status rowsCount rowsWritten progress expiresAt file { url } } } }',
    { token: alice },
  )
  expect(errors).toBeUndefined()
  return data.outgoingCdrExports.nodes.find((node: YetiExport) => node.uuid === uuid)
}

describe.each(places)('An export that Yeti made, in %s', (_, gatewayOf, store) => {
  const unknown = { rowsWritten: null, progress: null, expiresAt: null }

  test('MUST be listed from its first moment on, and be downloaded once Yeti has made it', async () => {
    const gateway = gatewayOf()
    const yetis = await yetiCreates(gateway)
    expect(await seen(gateway, yetis)).toMatchObject({ status: 'PENDING', rowsCount: null, file: null, ...unknown })
    await store(yetis)
    expect(await seen(gateway, yetis)).toMatchObject({ status: 'PENDING', file: null })
    await yetiFinishes(gateway, yetis, 'Completed', 1)
    const done = await seen(gateway, yetis)
    expect(done).toMatchObject({ status: 'COMPLETED', rowsCount: 1, ...unknown })
    const response = await fetch(done.file.url)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${yetis.uuid}.csv.gz"`)
    expect(Buffer.from(await response.arrayBuffer()).equals(csv)).toBe(true)
  })

  test('MUST be said to be not found where its file is out of reach, and be found when it comes', async () => {
    const gateway = gatewayOf()
    const yetis = await yetiCreates(gateway)
    await yetiFinishes(gateway, yetis, 'Completed', 1)
    const { file } = await seen(gateway, yetis)
    const missing = await fetch(file.url)
    expect([missing.status, await missing.json()]).toEqual([
      404,
      { errors: [{ message: 'Not found', extensions: { code: 'NOT_FOUND' } }] },
    ])
    await store(yetis)
    expect((await fetch(file.url)).status).toBe(200)
  })

  test('MUST have no file once Yeti’s administrator has deleted it, nor when Yeti has failed', async () => {
    const gateway = gatewayOf()
    const yetis = await yetiCreates(gateway)
    await store(yetis)
    await yetiFinishes(gateway, yetis, 'Completed', 1)
    const { file } = await seen(gateway, yetis)
    await yetiFinishes(gateway, yetis, 'Deleted', 1)
    expect(await seen(gateway, yetis)).toMatchObject({ status: 'DELETED', file: null })
    expect((await fetch(file.url)).status).toBe(404)
    await yetiFinishes(gateway, yetis, 'Failed', null)
    expect(await seen(gateway, yetis)).toMatchObject({ status: 'FAILED', rowsCount: null, file: null })
  })

  test('MUST be there for as long as Yeti keeps it, and its row as Yeti wrote it', async () => {
    const gateway = gatewayOf()
    const yetis = await yetiCreates(gateway)
    await store(yetis)
    await yetiFinishes(gateway, yetis, 'Completed', 1)
    await gateway.primary.query("UPDATE sys.cdr_exports SET created_at = '2020-01-01', updated_at = '2020-01-01' WHERE id = $1", [yetis.id]) // prettier-ignore
    const before = await rowOf(gateway, yetis)
    // Whatever looks after exports has done so in a gateway that has just started.
    await using late = await gateway.another({ EXPORT_WORKERS: '1', EXPORT_LIFETIME: '60' })
    const ours = await create(late, alice, {})
    await until(
      () => rowOf(late, { uuid: ours }),
      ({ status }) => status !== 'Pending',
    )
    expect(await rowOf(gateway, yetis)).toEqual(before)
    const { file } = await seen(gateway, yetis)
    expect((await fetch(file.url)).status).toBe(200)
  })
})

async function rowOf({ primary }: Gateway, { uuid }: Pick<YetiExport, 'uuid'>) {
  const { rows } = await primary.query('SELECT * FROM sys.cdr_exports WHERE uuid = $1', [uuid])
  return rows[0]
}

describe('An export that the gateway made', () => {
  test('MUST be one that Yeti offers: completed, counted, its file where and as Yeti’s own would be', async () => {
    const uuid = await create(inFolder, alice, {})
    const { id, status, rows_count: count } = await settled(inFolder, uuid)
    expect(status).toBe('Completed')
    // Yeti: X-Accel-Redirect to /x-redirect/cdr_export/<id>.csv.gz, which is this file.
    const path = join(directory, `${id}.csv.gz`)
    const lines = gunzipSync(await readFile(path))
      .toString()
      .split('\n')
    expect(lines).toHaveLength(Number(count) + 2)
    expect(lines[0]?.split(',').slice(0, 3)).toEqual(['Time Start', 'Time Connect', 'Time End'])
    expect(lines[0]).toContain(',Orig Call,')
    expect((await rowOf(inFolder, { uuid })).type).toBe('Base')
    // Read by the web server, which is of the folder's group.
    const [file, folder] = [await stat(path), await stat(directory)]
    expect(file.gid).toBe(folder.gid)
    expect((file.mode & 0o777).toString(8)).toBe((0o640 & ~process.umask()).toString(8))
  })

  test('MUST leave Yeti’s queue alone', async () => {
    const uuid = await create(inFolder, alice, {}, accounts.retail)
    expect(await settled(inFolder, uuid)).toMatchObject({ status: 'Completed' })
    const { rows } = await inFolder.primary.query('SELECT attempts, locked_at, locked_by FROM sys.delayed_jobs')
    expect(rows).toEqual([{ attempts: 0, locked_at: null, locked_by: null }])
    // Nothing of ours looks like a job of Yeti's.
    const tables = await inFolder.primary.query(
      "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename LIKE '%jobs'",
    )
    expect(tables.rows.map(({ schemaname }) => schemaname).sort()).toEqual(['portal', 'sys'])
  })
})
