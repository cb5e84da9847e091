import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadSecrets } from '../../src/identity/identity.ts'
import { configOf } from './support/portal.ts'

let root: string
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'secrets-'))))
afterEach(() => rm(root, { recursive: true, force: true }))

test('Secrets of the settings MUST be used as they are, and nothing is written', async () => {
  const given = { customer: 'c'.repeat(32), admin: 'a'.repeat(32) }
  const config = configOf({ DATA_DIR: root, CUSTOMER_JWT_SECRET: given.customer, ADMIN_JWT_SECRET: given.admin })
  expect(await loadSecrets(config)).toEqual(given)
  expect(await readdir(root)).toEqual([])
})

test('Secrets that are missing MUST be made once, long, different, and for the owner alone', async () => {
  const config = configOf({ DATA_DIR: join(root, 'new') })
  const made = await loadSecrets(config)
  expect(made.customer).toMatch(/^[\w-]{64}$/)
  expect(made.admin).toMatch(/^[\w-]{64}$/)
  expect(made.admin).not.toBe(made.customer)
  expect(await loadSecrets(config)).toEqual(made)
  expect((await stat(join(root, 'new', 'secrets.json'))).mode & 0o777).toBe(0o600)
})

test('One secret MAY be given and the other kept', async () => {
  const kept = await loadSecrets(configOf({ DATA_DIR: root }))
  const customer = 'c'.repeat(32)
  expect(await loadSecrets(configOf({ DATA_DIR: root, CUSTOMER_JWT_SECRET: customer }))).toEqual({
    customer,
    admin: kept.admin,
  })
})

test('Processes that start at the same time MUST agree, and leave one file', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => loadSecrets(configOf({ DATA_DIR: root }))))
  expect(new Set(all.map((each) => each.customer)).size).toBe(1)
  expect(await readdir(root)).toEqual(['secrets.json'])
})

test.each(['', '{"customer":"canary', '{"customer":"canary","admin":"canary"}', '[]'])(
  'A broken file MUST be named, kept, and not quoted: %s',
  async (content) => {
    const path = join(root, 'secrets.json')
    await writeFile(path, content)
    const error: unknown = await loadSecrets(configOf({ DATA_DIR: root })).catch((reason: unknown) => reason)
    expect(String(error)).toContain(path)
    expect(String(error)).not.toContain('canary')
    expect(await readFile(path, 'utf8')).toBe(content)
  },
)
