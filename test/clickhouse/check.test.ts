import { readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { checkClickHouse } from '../../src/backends/clickhouse/check.ts'
import type { Finding, Report } from '../../src/backends/needs/finding.ts'
import { runYeti } from '../../src/yeti-command.ts'
import { readConfig } from '../../src/config.ts'
import { database, password, startBridge, user, type Bridge } from './support/bridge.ts'
import { startEngine, type Engine } from './support/engine.ts'

let engine: Engine
let bridge: Bridge

/** The tables that the project ships for who has none. */
const shipped = new URL('../../deploy/clickhouse/tables.sql', import.meta.url)

beforeAll(async () => {
  engine = await startEngine()
  await engine.run(`CREATE DATABASE ${database}`)
  await engine.run(`USE ${database}`)
  const text = (await readFile(shipped, 'utf8')).replaceAll(/^--.*$/gm, '')
  for (const statement of text.split(';').map((each) => each.trim())) if (statement !== '') await engine.run(statement)
  bridge = await startBridge(engine)
}, 120_000)
afterAll(async () => {
  await bridge[Symbol.asyncDispose]()
  await engine[Symbol.asyncDispose]()
})
afterEach(async () => {
  await bridge.up()
  bridge.behaviour = 'answer'
})

function check(settings: { readonly password?: string } = {}): Promise<Report> {
  const url = `http://127.0.0.1:${bridge.port}`
  return checkClickHouse({
    url,
    username: user,
    password,
    database,
    timeout: 30_000,
    maxMemory: 1024 ** 3,
    ...settings,
  })
}

function problems({ findings }: Report): readonly Finding[] {
  return findings.filter(({ level }) => level === 'problem')
}

describe('The check of a ClickHouse', () => {
  it('MUST find no problem with the tables that the project ships, and hint at what no switch writes', async () => {
    const report = await check()
    expect(report.about).toMatch(new RegExp(`^${database} at http://127.0.0.1:\\d+ as ${user}, ClickHouse \\d+\\.`))
    expect(
      report.findings.map(({ level, what }) => [level, /active_calls has no column (\w+)/.exec(what)?.[1]]),
    ).toEqual([
      ['hint', 'duration'],
      ['hint', 'customer_price'],
      ['hint', 'vendor_price'],
    ])
  })

  it.each([
    ['cdrs', 'is_last_cdr', 'outgoing statistics do not work'],
    ['cdrs', 'customer_price', 'outgoing statistics have no total price'],
    ['active_calls', 'customer_id', 'the list of calls in progress does not work'],
  ])('MUST name what is missing, and mend it: %s.%s', async (table, column, then) => {
    await engine.run(`ALTER TABLE ${database}.${table} RENAME COLUMN ${column} TO elsewhere`)
    const [found, ...others] = problems(await check())
    expect(others).toEqual([])
    expect(found).toMatchObject({ then, what: expect.stringContaining(`${table} has no column ${column}`) })
    const [, added = ''] = /ALTER TABLE (.*);$/.exec(found?.mend ?? '') ?? []
    await engine.run(`ALTER TABLE ${database}.${added}`)
    expect(problems(await check())).toEqual([])
    await engine.run(`ALTER TABLE ${database}.${table} DROP COLUMN ${column}`)
    await engine.run(`ALTER TABLE ${database}.${table} RENAME COLUMN elsewhere TO ${column}`)
  })

  it('MUST name a column of a type that does not fit', async () => {
    await engine.run(`ALTER TABLE ${database}.cdrs MODIFY COLUMN duration String`)
    expect(problems(await check())).toMatchObject([{ what: 'cdrs.duration is String, expected Int32' }])
    await engine.run(`ALTER TABLE ${database}.cdrs MODIFY COLUMN duration Int32`)
    expect(problems(await check())).toEqual([])
  })

  it('MUST name a table that is not there, and the right that would show it', async () => {
    await engine.run(`RENAME TABLE ${database}.active_calls TO ${database}.away`)
    expect(problems(await check())).toMatchObject([
      { what: expect.stringContaining('no table active_calls'), mend: expect.stringMatching(/^GRANT SELECT\(.*\) ON active_calls TO portal;$/) },
    ]) // prettier-ignore
    await engine.run(`RENAME TABLE ${database}.away TO ${database}.active_calls`)
  })

  it.each([
    ['nobody listens', (): Promise<void> => bridge.down(), {}, /does not answer at/],
    ['the password is wrong', (): void => undefined, { password: 'not-this-one' }, /name or the password/],
    [
      'the user may make no settings',
      (): void => void (bridge.behaviour = { code: 164, message: "Cannot modify 'max_execution_time' setting in readonly mode. (READONLY)" }),
      {},
      /may not make settings/,
    ],
  ] as const)('MUST say in one line when %s, without a password', async (_, arrange, settings, words) => {
    await arrange()
    const report = await check(settings)
    expect(report.about).toBeNull()
    expect(report.findings).toHaveLength(1)
    expect(report.findings[0]).toMatchObject({ level: 'problem', what: expect.stringMatching(words) })
    for (const secret of [password, 'not-this-one']) expect(JSON.stringify(report)).not.toContain(secret)
  }) // prettier-ignore

  it('MUST write nothing', async () => {
    bridge.seen.splice(0)
    await check()
    expect(bridge.seen.length).toBeGreaterThan(2)
    for (const { statement } of bridge.seen) expect(statement).toMatch(/^SELECT\b/)
  })

  it('MUST be part of the command, also beside the embedded databases, and end it with 1 while there is a problem', async () => {
    const settings = () => readConfig({ CLICKHOUSE_URL: bridge.url })
    expect(await runYeti(['check'], settings)).toMatchObject({
      output: expect.stringContaining('ClickHouse (CLICKHOUSE_URL): yeti at http://127.0.0.1:'),
      exitCode: 0,
    })
    await bridge.down()
    expect(await runYeti(['check'], settings)).toMatchObject({ exitCode: 1 })
  })
})
