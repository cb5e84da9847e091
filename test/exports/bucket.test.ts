import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startGateway, type Gateway } from '../support/gateway.ts'
import { startS3Server, type S3Server } from '../support/s3-server.ts'
import { buildGate } from './gate.ts'
import { accounts, create, download, expectedLines, settled, stored, until } from './support.ts'

let storage: S3Server
let gateway: Gateway
let alice: string

beforeAll(async () => {
  storage = await startS3Server()
  gateway = await startGateway({ ...storage.settings, S3_EXPORTS_BUCKET: 'exports', EXPORT_WORKERS: '1' })
  alice = await gateway.signIn('alice')
})

afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await storage[Symbol.asyncDispose]()
})

beforeEach(() => {
  storage.objects.clear()
  storage.fault = () => null
})

async function hurry(): Promise<void> {
  await gateway.primary.query('UPDATE portal._private_jobs SET run_at = now() WHERE locked_at IS NULL')
  await gateway.primary.query(`SELECT pg_notify('jobs:insert', '{"count":1}')`)
}

async function failures(): Promise<number> {
  return (await gateway.primary.query('SELECT FROM portal.jobs WHERE last_error IS NOT NULL')).rowCount ?? 0
}

describe('An export into a bucket', () => {
  test('MUST be under its number, and be fetched through the gateway', async () => {
    const uuid = await create(gateway, alice, {})
    const { id, status, rows_count: count } = await settled(gateway, uuid)
    expect(status).toBe('Completed')
    expect([...storage.objects.keys()]).toEqual([`exports/${id}.csv.gz`])
    const lines = await download(gateway, alice, uuid)
    expect(lines).toHaveLength((count ?? 0) + 1)
    expect(lines.slice(1).map((line) => line.slice(0, line.indexOf(',')))).toEqual(await expectedLines(gateway, ['time_start']))
  }) // prettier-ignore

  test('MUST wait for a storage that is away, which does not count', async () => {
    storage.fault = () => 'unavailable'
    const uuid = await create(gateway, alice, {}, accounts.retail)
    await until(failures, (count) => count === 1)
    expect(await stored(gateway, uuid)).toMatchObject({ status: 'Pending', attempts: 0 })
    storage.fault = () => null
    await hurry()
    expect(await settled(gateway, uuid)).toMatchObject({ status: 'Completed', attempts: 1 })
    expect(storage.objects.size).toBe(1)
  })

  test('MUST leave nothing there when it is given up in its midst', async () => {
    await using gate = await buildGate(gateway)
    const uuid = await create(gateway, alice, {})
    const [pid] = await until(gate.waiting, (pids) => pids.length > 0)
    await gateway.cdr.query('SELECT pg_terminate_backend($1)', [pid])
    await until(failures, (count) => count === 1)
    expect([...storage.objects.keys(), ...storage.uploads.keys()]).toEqual([])
    await gate.open()
    await hurry()
    expect(await settled(gateway, uuid)).toMatchObject({ status: 'Completed', attempts: 1 })
    expect(storage.objects.size).toBe(1)
  })
})
