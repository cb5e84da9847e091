import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { look } from '../../src/backends/needs/check/look.ts'
import { featureNames } from '../../src/backends/needs/features.ts'
import { migrate } from '../../src/backends/migrate.ts'
import { migrateQueue } from '../../src/backends/exports/queue-migration.ts'
import { sql } from '../../src/backends/databases.ts'
import { checkServer, reportNeeds } from '../../src/data-sources/needs.ts'
import { createLog } from '../../src/log.ts'
import { createYeti, grant, mend, type Yeti } from './support.ts'

let primary: Yeti
let cdr: Yeti

beforeAll(async () => {
  primary = await createYeti('primary')
  cdr = await createYeti('cdr')
  await grant(primary)
  await grant(cdr)
})

afterAll(async () => {
  await primary[Symbol.asyncDispose]()
  await cdr[Symbol.asyncDispose]()
})

describe('a Yeti that has everything', () => {
  it('MUST have nothing to mend', async () => {
    expect(await primary.findings()).toEqual([])
    expect(await cdr.findings()).toEqual([])
  })

  it('MUST be told where it is, and as whom it was looked at', async () => {
    const { title, about } = await cdr.check()
    expect(title).toBe("Yeti's CDR database (CDR_DATABASE_URL)")
    expect(about).toMatch(new RegExp(`^needs_cdr_\\w+ at [\\w.]+:\\d+ as ${cdr.role}, PostgreSQL \\d`))
  })
})

describe('the schema portal after the first start', () => {
  it('MUST be the gateway’s own, and its audit log a hint until it is out of reach', async () => {
    await using yeti = await createYeti('primary')
    await grant(yeti)
    await migrate('portal', yeti.roleUrl)
    await migrateQueue(yeti.roleUrl)
    expect(await yeti.findings()).toEqual([
      {
        level: 'hint',
        what: `${yeti.role} could alter portal.audit_log`,
        then: expect.stringContaining('can remove what administrators did'),
        mend: 'docs/audit-log.sql, to be run by a superuser',
      },
    ])
    const script = await readFile(new URL('../../docs/audit-log.sql', import.meta.url), 'utf8')
    await yeti.run(script.replaceAll('portal_gateway', yeti.role))
    expect(await yeti.findings()).toEqual([])
    await yeti.run(`REVOKE INSERT ON portal.audit_log FROM ${yeti.role}`)
    const found = await yeti.findings()
    expect(found.map(({ level, what }) => [level, what])).toEqual([
      ['problem', `${yeti.role} lacks INSERT on portal.audit_log`],
    ])
    await mend(yeti, found)
    expect(await yeti.findings()).toEqual([])
    await yeti.run('DROP SCHEMA portal CASCADE')
  })
})

describe('a database that cannot be looked at', () => {
  const whatOf = async (url: string): Promise<string> => {
    const { about, findings } = await checkServer('primary', url, featureNames)
    expect(about).toBeNull()
    expect(findings.map(({ level }) => level)).toEqual(['problem'])
    expect(JSON.stringify(findings)).not.toContain('secret')
    return findings[0]?.what ?? ''
  }
  const changed = (parts: Partial<URL>): string => Object.assign(new URL(primary.roleUrl), parts).href

  it.each<[string, Partial<URL>, RegExp]>([
    ['where nobody listens', { port: '1' }, /^DATABASE_URL: connect ECONNREFUSED/],
    ['with a wrong password', { password: 'secret' }, /^DATABASE_URL: .*its password is wrong/],
    ['that there is not', { pathname: '/nowhere' }, /^DATABASE_URL: there is no database "nowhere"/],
    ['on a host that there is not', { hostname: 'nowhere.invalid' }, /^DATABASE_URL: getaddrinfo/],
  ])('MUST be one clear line: %s', async (_, parts, expected) => {
    expect(await whatOf(changed(parts))).toMatch(expected)
  })

  it('MUST NOT show a URL that cannot be read', async () => {
    expect(await whatOf('postgresql://role:secret@host:port/yeti')).toBe('DATABASE_URL: the URL cannot be read')
  })

  it('MUST be told from one that is not Yeti’s, or is Yeti’s other one', async () => {
    const name = `empty_${process.pid}`
    await primary.run(`CREATE DATABASE ${name} TEMPLATE template0`)
    const empty = await checkServer('primary', Object.assign(new URL(primary.url), { pathname: `/${name}` }).href, [])
    expect(empty.findings.map(({ what }) => what)).toContain('this is not a database of Yeti')
    expect(empty.findings.map(({ mend: text }) => text).join()).toContain('npm run migrate')
    const other = await checkServer('primary', cdr.roleUrl, featureNames)
    expect(other.findings.map(({ what }) => what)).toEqual(["this is Yeti's CDR database"])
  })
})

describe('whoever looks', () => {
  it('MUST NOT be able to write', async () => {
    const writing = look(primary.url, (query) => query(sql`CREATE TABLE public.written (id int)`))
    await expect(writing).rejects.toMatchObject({ code: '25006' })
  })

  it('MUST be told that it is a superuser', async () => {
    const { findings } = await checkServer('cdr', cdr.url, featureNames)
    expect(findings.map(({ level, what }) => [level, what])).toEqual([
      ['hint', expect.stringMatching(/^\w+ is a superuser$/)],
    ])
  })

  it('MUST be told of a replica that is none', async () => {
    const { title, findings } = await checkServer('replica', cdr.roleUrl, featureNames)
    expect(title).toContain('CDR_REPLICA_DATABASE_URL')
    expect(findings.map(({ level, what }) => [level, what])).toEqual([['hint', 'this server is no standby of another']])
  })
})

describe('the start of the gateway', () => {
  const warningsOf = async (yeti: Yeti): Promise<unknown[][]> => {
    const warn = vi.fn()
    await reportNeeds(yeti.database, yeti.roleUrl, Object.assign(createLog('silent'), { warn }))
    return warn.mock.calls
  }

  it('MUST say nothing where only what was never granted is missing', async () => {
    await using yeti = await createYeti('primary')
    await grant(yeti, ['exports'])
    expect(await warningsOf(yeti)).toEqual([])
  })

  it('MUST say once that something is missing of what was granted in part', async () => {
    await using yeti = await createYeti('primary')
    await grant(yeti, ['exports'])
    await yeti.run(`REVOKE SELECT ON billing.services FROM ${yeti.role};
      REVOKE USAGE ON SEQUENCE sys.cdr_exports_id_seq FROM ${yeti.role}`)
    expect(await warningsOf(yeti)).toEqual([
      [{ problems: 2 }, 'DATABASE_URL: something is missing there; npm run yeti -- check says what, and what mends it'],
    ])
  })
})
