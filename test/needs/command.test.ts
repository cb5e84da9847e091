import { execFile } from 'node:child_process'
import process from 'node:process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { runYeti, UsageError, type Outcome } from '../../src/yeti-command.ts'
import { createYeti, grant, ungrant, withRole, type Yeti } from './support.ts'

let primary: Yeti
let cdr: Yeti

beforeAll(async () => {
  primary = await createYeti('primary')
  cdr = await createYeti('cdr')
})

afterAll(async () => {
  await primary[Symbol.asyncDispose]()
  await cdr[Symbol.asyncDispose]()
})

const secret = 'a secret of 32 characters or more'

function settings(): Record<string, string> {
  return {
    DATABASE_URL: primary.roleUrl,
    CDR_DATABASE_URL: cdr.roleUrl,
    CUSTOMER_JWT_SECRET: secret,
    ADMIN_JWT_SECRET: secret,
  }
}

function yeti(args: string, environment: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return runYeti(args.split(' ').filter(Boolean), () => readConfig(environment))
}

describe('npm run yeti -- grants', () => {
  it('MUST print both parts, or the one that is asked for', async () => {
    const both = await yeti('grants')
    const parts = await Promise.all(['primary', 'cdr'].map((name) => yeti(`grants --database ${name}`)))
    expect(both.output).toBe(parts.map(({ output }) => output).join('\n'))
    expect(both.exitCode).toBe(0)
    expect(parts[0]?.output).toContain('CREATE SCHEMA IF NOT EXISTS portal AUTHORIZATION "portal_gateway";')
    expect(parts[0]?.output).not.toContain('cdr.cdr')
    expect(parts[1]?.output).not.toContain('CREATE SCHEMA')
    expect(parts[1]?.output).not.toMatch(/GRANT (?!SELECT|USAGE)/)
  })

  it('MUST leave the role itself to the operator', async () => {
    const { output } = await yeti('grants')
    expect(output).toMatch(/^-- CREATE ROLE "portal_gateway" LOGIN/m)
    expect(output).not.toMatch(/^(CREATE|ALTER|DROP) ROLE/m)
    expect(output).not.toMatch(/SUPERUSER|BYPASSRLS/)
  })

  it('MUST print the features that are asked for, and with each what all need', async () => {
    const { output } = await yeti('grants --features exports')
    expect(output.match(/^-- \w+: /gm)).toEqual(['-- read: ', '-- exports: ', '-- read: '])
    expect(output).not.toContain('gui')
    const changing = output.match(/^GRANT (?!SELECT|USAGE)[^;]*\sON\s+\S+/gm) ?? []
    expect(changing.every((text) => text.includes('sys.cdr_exports'))).toBe(true)
    expect((await yeti('grants --features exports,read')).output).toBe(output)
  })

  it('MUST be the same for all features as for no word of them', async () => {
    const all = await yeti('grants --features admin,payments,exports,numberlists,read')
    expect((await yeti('grants')).output).toBe(all.output)
  })

  it('MUST quote the role that it is given', async () => {
    const role = `O"Brien's ${'x'.repeat(8)} Gateway; --`
    const { output } = await runYeti(['grants', '--role', role, '--database', 'primary'], () => readConfig({}))
    await using odd = await withRole('primary', primary.url, role)
    await odd.run(output)
    expect((await odd.findings()).filter(({ what }) => !what.startsWith(role))).toEqual([])
    // The schema is another role's already; what says so can be run as well.
    for (const { mend } of await odd.findings()) await odd.run(mend)
    expect(await odd.findings()).toEqual([])
    await ungrant(odd)
  })

  it('MUST do no harm when it is run again', async () => {
    await grant(cdr)
    await grant(cdr)
    expect(await cdr.findings()).toEqual([])
  })

  it('MUST work without settings', async () => {
    const outcome = await runYeti(['grants'], () => {
      throw new Error('settings were read')
    })
    expect(outcome.exitCode).toBe(0)
  })
})

describe('npm run yeti -- check', () => {
  beforeAll(async () => {
    await ungrant(primary)
    await grant(primary)
    await grant(cdr)
  })

  it('MUST end with 0 where nothing is a problem', async () => {
    const { output, exitCode } = await yeti('check', settings())
    expect(output).toMatch(/has everything that is needed\.\n\n.*has everything that is needed\.\n/s)
    expect(output).toMatch(/0 problems, 0 things that work without, 0 hints\n$/)
    expect(exitCode).toBe(0)
  })

  it('MUST end with 1 where something is, the heaviest first, and with what mends it', async () => {
    await primary.run(`REVOKE UPDATE ON billing.accounts FROM ${primary.role};
      REVOKE INSERT ON gui.versions FROM ${primary.role};
      DELETE FROM sys.customer_portal_access_profiles`)
    const { output, exitCode } = await yeti('check', settings())
    expect(exitCode).toBe(1)
    expect(output.match(/^ {2}[A-Z ]+(?=:)/gm)).toEqual(['  PROBLEM', '  WORKS WITHOUT', '  HINT'])
    expect(output).toContain(
      [
        `  PROBLEM: ${primary.role} may not change rows of billing.accounts (balance)`,
        '    then:  what customers have paid by Cryptomus is not credited to them',
        `    mend:  GRANT UPDATE (balance) ON billing.accounts TO "${primary.role}";`,
      ].join('\n'),
    )
    expect(output).toMatch(/1 problem, 1 thing that works without, 1 hint\n$/)
    const { exitCode: ofOthers } = await yeti('check --features read,exports', settings())
    expect(ofOthers).toBe(0)
  })

  it('MUST tell programs the same as JSON', async () => {
    const { output, exitCode } = await yeti('check --json', settings())
    const reports = JSON.parse(output)
    expect(reports.map(({ title }: { title: string }) => title)).toEqual([
      "Yeti's primary database (DATABASE_URL)",
      "Yeti's CDR database (CDR_DATABASE_URL)",
    ])
    expect(reports[0].findings[0]).toEqual({
      level: 'problem',
      what: expect.stringContaining('may not change rows of billing.accounts'),
      then: expect.any(String),
      mend: expect.stringMatching(/^GRANT UPDATE/),
    })
    expect(exitCode).toBe(1)
  })

  it('MUST go on with the other database where one does not answer', async () => {
    const url = Object.assign(new URL(primary.roleUrl), { port: '1', password: 'wrong-secret' }).href
    const { output, exitCode } = await yeti('check', { ...settings(), DATABASE_URL: url })
    expect(output).toContain('PROBLEM: DATABASE_URL: connect ECONNREFUSED')
    expect(output).toMatch(/CDR_DATABASE_URL\): .*\n {2}has everything/)
    expect(output).not.toContain('wrong-secret')
    expect(exitCode).toBe(1)
  })

  it('MUST look at the replica too, and tell of it only what the CDR database has', async () => {
    await using other = await withRole('cdr', cdr.url)
    await cdr.run(`REVOKE SELECT ON stats.active_call_accounts FROM ${cdr.role}`)
    const same = await yeti('check --json', { ...settings(), CDR_REPLICA_DATABASE_URL: cdr.roleUrl })
    const whats = (output: string): string[][] =>
      JSON.parse(output).map(({ findings }: { findings: { what: string }[] }) => findings.map(({ what }) => what))
    expect(whats(same.output).slice(1)).toEqual([
      [
        `${cdr.role} may not read stats.active_call_accounts (account_id, originated_count, terminated_count, created_at)`,
      ],
      ['this server is no standby of another'],
    ])
    const apart = await yeti('check --json', { ...settings(), CDR_REPLICA_DATABASE_URL: other.roleUrl })
    expect(whats(apart.output)[2]?.filter((what) => what.startsWith(`${other.role} may not read`))).toHaveLength(4)
    await grant(cdr)
  })

  it('has nothing to look at in embedded mode', async () => {
    expect(await yeti('check')).toEqual({
      output: 'DATABASE_URL is not set: the embedded databases have what is needed.\n',
      exitCode: 0,
    })
  })
})

describe('npm run yeti', () => {
  it.each([
    ['grant', 'grant: expected grants or check'],
    ['grants all', 'all: not expected'],
    ['grants --features read,cdrs', '--features: cdrs is none of read, numberlists, exports, payments, admin'],
    ['grants --features=', '--features:  is none of read, numberlists, exports, payments, admin'],
    ['grants --database yeti', '--database: expected primary or cdr'],
    ['grants --role=', '--role: expected a name of 1 to 63 bytes'],
    [`grants --role ${'é'.repeat(32)}`, '--role: expected a name of 1 to 63 bytes'],
    ['grants --role public', "--role: public is a name of PostgreSQL's own"],
    ['grants --role pg_monitor', "--role: pg_monitor is a name of PostgreSQL's own"],
    ['grants --json', '--json: not of this command'],
    ['check --role somebody', '--role: not of this command'],
    ['check --fix', "Unknown option '--fix'"],
  ])('MUST refuse %s', async (args, message) => {
    const refusal: unknown = await yeti(args).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(UsageError)
    expect(String(refusal)).toContain(message)
  })

  it('MUST refuse a role that would end the line of a comment', async () => {
    await expect(runYeti(['grants', '--role', 'a\nDROP ROLE b'], () => readConfig({}))).rejects.toThrow(UsageError)
  })

  it('MUST explain itself', async () => {
    const { output, exitCode } = await yeti('--help')
    for (const word of ['grants', 'check', '--role', '--features', '--database', '--json', 'numberlists', 'payments'])
      expect(output).toContain(word)
    expect(exitCode).toBe(0)
    expect(await yeti('')).toEqual({ output, exitCode: 1 })
    expect(await yeti('grants --help')).toEqual({ output, exitCode: 0 })
  })

  it('MUST run as a command, with no secrets but the databases’ own', async () => {
    const { PATH = '', HOME = '' } = process.env
    const { DATABASE_URL = '', CDR_DATABASE_URL = '' } = settings()
    const run = (...args: string[]) =>
      promisify(execFile)(process.execPath, ['scripts/yeti.js', ...args], {
        env: { PATH, HOME, DATABASE_URL, CDR_DATABASE_URL },
      })
    const { stdout } = await run('grants')
    expect(stdout).toBe((await yeti('grants')).output)
    await expect(run('check', '--features', 'payments')).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('1 problem'),
    })
    await expect(run('check', '--features', 'all')).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('--features: all is none of'),
    })
  }, 180_000)
})
