import { afterAll, beforeAll, expect, it } from 'vitest'
import { create, settled, startExporting, type ExportGateway } from '../exports/support.ts'

let gateway: ExportGateway
let token: string
beforeAll(async () => {
  gateway = await startExporting({ EXPORT_WORKERS: '0' })
  token = await gateway.signIn('alice')
  // As a later version would leave its schema: it adds, and takes nothing away while this one runs.
  await gateway.primary.query(`
    INSERT INTO portal._prisma_migrations (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
    VALUES (gen_random_uuid(), 'of a later version', now(), '20990101000000_later', now(), 1);
    ALTER TABLE portal.cdr_exports ADD COLUMN later text DEFAULT 'x' NOT NULL;
    ALTER TABLE portal.running_subscriptions ADD COLUMN later integer;
    CREATE TABLE portal.later (id integer);
    INSERT INTO portal.migrations (id, ts, breaking) VALUES (99, now(), false)
  `)
})
afterAll(() => gateway[Symbol.asyncDispose]())

it('A process MUST serve on while a later version has migrated the schema portal', async () => {
  expect((await gateway.ask('{ viewer { login } }', { token })).data).toEqual({ viewer: { login: 'alice' } })
  await gateway.ask('mutation { signOut }', { token })
  expect((await gateway.ask('{ viewer { login } }', { token })).data).toEqual({ viewer: null })
})

it('A process MUST start there again, as when the later version is given up, and do its work', async () => {
  await using again = await gateway.another({ EXPORT_WORKERS: '1' })
  const uuid = await create(gateway, await again.signIn('alice'), {})
  expect(await settled(gateway, uuid)).toMatchObject({ status: 'Completed' })
})
