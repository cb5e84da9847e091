import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { ConfigError, readConfig, settingNames } from '../src/config.ts'

const secret = 'hush-hush-hush-hush-hush-hush-hush'
const external = {
  DATABASE_URL: 'postgresql://reader:pass-word@db.example/yeti',
  CUSTOMER_JWT_SECRET: secret,
  ADMIN_JWT_SECRET: `${secret}-admin`,
}

function problems(environment: Readonly<Record<string, string | undefined>>): string {
  try {
    readConfig(environment)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  throw new Error('These settings were taken')
}

/** A wrong value for every setting that can have one, and what the message says was expected. */
const wrong: Readonly<Record<string, readonly [value: string, expected: RegExp]>> = {
  PORT: ['70000', /65,?535/],
  PUBLIC_URL: ['portal.example.com', /http/],
  DATABASE_URL: ['mysql://root:top-secret@db.example/yeti', /postgresql:\/\//],
  CDR_DATABASE_URL: ['db.example', /postgresql:\/\//],
  CDR_REPLICA_DATABASE_URL: ['http://replica.example/cdr', /postgresql:\/\//],
  DATABASE_POOL_SIZE: ['0', /200/],
  STATEMENT_TIMEOUT: ['soon', /number|seconds/i],
  CUSTOMER_JWT_SECRET: ['short-secret', /32/],
  ADMIN_JWT_SECRET: ['other-short', /32/],
  CLICKHOUSE_URL: ['http://user:100%@clickhouse.example:8123/yeti', /http.*%-encoded/],
  CLICKHOUSE_MAX_MEMORY: ['15', /MiB.*16/],
  CUSTOMER_TOKEN_LIFETIME: ['never', /seconds.*none/],
  ADMIN_TOKEN_LIFETIME: ['-1', /seconds.*none/],
  FILE_LINK_LIFETIME: ['0', /1/],
  CORS_ORIGINS: ['portal.example.com', /http/],
  TRUSTED_PROXIES: ['proxy.example', /./],
  RECORDING_FORMAT: ['ogg', /mp3.*wav/],
  OUTGOING_STATISTICS_USE_CUSTOMER_DURATION: ['yes', /true.*false/],
  INCOMING_STATISTICS_USE_VENDOR_DURATION: ['1', /true.*false/],
  STATISTICS_TIME_ZONE: ['Europe/Atlantis', /time zone/],
  EXPORT_LIFETIME: ['soon', /seconds.*none/],
  EXPORT_WORKERS: ['17', /16/],
  S3_ENDPOINT: ['storage.example:9000', /http/],
  S3_FORCE_PATH_STYLE: ['yes', /true.*false/],
  CRYPTOMUS_URL: ['api.cryptomus.example', /http/],
  CRYPTOMUS_CALLBACK_URL: ['/api/cryptomus_callbacks', /http/],
  CRYPTOMUS_RETURN_URL: ['portal', /http/],
  CALL_TOKEN_LIFETIME: ['0', /1/],
  ACTING_TOKEN_LIFETIME: ['3601', /3600/],
  SUBSCRIPTION_INTERVAL: ['0', /60/],
  MAX_SOCKETS: ['0', /1/],
  SHUTDOWN_DELAY: ['-1', /seconds.*600/],
  GRAPHIQL: ['on', /true.*false/],
  LOG_LEVEL: ['verbose', /error.*info/],
}

/** Any text will do for these. */
const free = [
  'ADMIN_POLICY_FILE',
  'HOST',
  'DATA_DIR',
  'RECORDINGS_DIR',
  'EXPORTS_DIR',
  'OUTGOING_CDR_HIDE_FIELDS',
  'INCOMING_CDR_HIDE_FIELDS',
  'S3_REGION',
  'S3_ACCESS_KEY_ID',
  'S3_SECRET_ACCESS_KEY',
  'S3_RECORDINGS_BUCKET',
  'S3_EXPORTS_BUCKET',
  'CRYPTOMUS_MERCHANT_ID',
  'CRYPTOMUS_API_KEY',
  'CALL_TOKEN_KEY_FILE',
]

describe('Settings', () => {
  it('MUST all be tried here', () => {
    expect([...Object.keys(wrong), ...free].sort()).toEqual([...settingNames].sort())
  })

  it.each(Object.entries(wrong))(
    'MUST be refused when wrong, with what was expected: %s',
    (name, [value, expected]) => {
      const message = problems({ [name]: value })
      const line = message.split('\n').find((each) => each.trim().startsWith(`${name}:`))
      expect(line, message).toMatch(expected)
      expect(line).toMatch(/expected/)
    },
  )

  it('MUST not be a time zone that PostgreSQL reads the other way round', () => {
    // Newer Nodes know offsets as zones; to PostgreSQL +02:00 lies west of Greenwich.
    for (const STATISTICS_TIME_ZONE of ['+02:00', '-0300', 'UTC+2'])
      expect(problems({ STATISTICS_TIME_ZONE })).toContain('STATISTICS_TIME_ZONE: ')
  })

  it('MUST be refused all at once, each on a line of its own', () => {
    const given = Object.fromEntries(Object.entries(wrong).map(([name, [value]]) => [name, value]))
    const lines = problems(given).split('\n').slice(1)
    for (const name of Object.keys(wrong))
      expect(
        lines.filter((line) => line.trim().startsWith(`${name}:`)),
        name,
      ).toHaveLength(1)
  })

  it('MUST not be repeated in the message: some are secrets', () => {
    const given = Object.fromEntries(Object.entries(wrong).map(([name, [value]]) => [name, value]))
    const message = problems(given)
    for (const text of ['top-secret', 'short-secret', 'other-short']) expect(message).not.toContain(text)
    expect(problems({ ...external, ADMIN_JWT_SECRET: undefined })).not.toContain(secret)
    expect(problems({ ...external, PORT: 'x' })).not.toMatch(/hush|pass-word/)
  })

  it('MUST come in one message with what is missing beside another', () => {
    const message = problems({ DATABASE_URL: external.DATABASE_URL, PORT: 'x' })
    for (const name of ['PORT', 'CUSTOMER_JWT_SECRET', 'ADMIN_JWT_SECRET']) expect(message).toContain(`${name}: `)
    for (const name of ['CDR_DATABASE_URL', 'CDR_REPLICA_DATABASE_URL'])
      expect(problems({ [name]: external.DATABASE_URL })).toContain(`  DATABASE_URL: expected together with ${name}`)
  })

  it.each([
    ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
    ['CRYPTOMUS_MERCHANT_ID', 'CRYPTOMUS_API_KEY'],
  ])('MUST come as a pair where one means nothing alone: %s, %s', (one, other) => {
    expect(problems({ [one]: 'a' })).toContain(`${other}: expected together with ${one}`)
    expect(problems({ [other]: 'b' })).toContain(`${one}: expected together with ${other}`)
    expect(() => readConfig({ [one]: 'a', [other]: 'b' })).not.toThrow()
  })

  it('MUST not be needed at all: the embedded mode has what it needs', () => {
    expect(readConfig({})).toMatchObject({
      http: { host: '127.0.0.1', port: 4000, graphiql: true },
      database: { kind: 'embedded' },
      recordings: { format: 'wav' },
      statistics: { timeZone: 'UTC', outgoingDuration: 'duration', incomingDuration: 'duration' },
    })
  })

  it('MUST count as not given when they are empty', () => {
    expect(readConfig(Object.fromEntries(settingNames.map((name) => [name, ''])))).toEqual(readConfig({}))
  })

  it('MUST take one database for both when only one is given', () => {
    expect(readConfig(external).database).toMatchObject({
      kind: 'external',
      primaryUrl: external.DATABASE_URL,
      cdrUrl: external.DATABASE_URL,
      replicaUrl: null,
    })
    const cdr = 'postgres://reader@cdr.example:5433/cdr'
    expect(readConfig({ ...external, CDR_DATABASE_URL: cdr }).database).toMatchObject({
      primaryUrl: external.DATABASE_URL,
      cdrUrl: cdr,
    })
  })

  it("MUST take name, password and database of ClickHouse out of its URL, or ClickHouse's own defaults", () => {
    expect(readConfig({}).clickhouse).toBeNull()
    expect(readConfig({ CLICKHOUSE_URL: 'https://p%40rtal:a%2Fb@ch.example:8443/yeti' }).clickhouse).toMatchObject({
      url: 'https://ch.example:8443',
      username: 'p@rtal',
      password: 'a/b',
      database: 'yeti',
    })
    expect(readConfig({ CLICKHOUSE_URL: 'http://ch.example:8123' }).clickhouse).toMatchObject({
      username: 'default',
      password: '',
      database: 'default',
    })
  })

  it("MUST be Yeti's own default for recordings beside an existing Yeti", () => {
    expect(readConfig(external).recordings.format).toBe('mp3')
  })

  it('MUST keep the names that the design fixes', () => {
    expect(settingNames).toEqual(
      expect.arrayContaining([
        'PORT',
        'HOST',
        'DATABASE_URL',
        'CDR_DATABASE_URL',
        'CUSTOMER_JWT_SECRET',
        'ADMIN_JWT_SECRET',
        'DATA_DIR',
      ]),
    )
  })

  it('MUST be read from nowhere else: what is not a setting changes nothing', () => {
    expect(readConfig({ PGHOST: 'elsewhere', NODE_ENV: 'x', port: '1' })).toEqual(readConfig({}))
  })
})

describe('README.md', () => {
  it('MUST document every setting, and no other', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    const rows = [...readme.matchAll(/^\|\s*`([A-Z][A-Z\d_]+)`/gm)].map(([, name = '']) => name)
    // Codes of errors stand in a table of their own.
    const { errorCodes } = await import('../src/errors.ts')
    const settings = rows.filter((name) => !(errorCodes as readonly string[]).includes(name))
    expect(settings.sort()).toEqual([...settingNames].sort())
  })
})
