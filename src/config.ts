import { resolve } from 'node:path'
import proxyAddr from 'proxy-addr'
import { z } from 'zod'
import type { LogLevel } from './log.ts'

const flag = z.enum(['true', 'false']).transform((text) => text === 'true')
/** A whole number in a range, and words for both. */
function whole(what: string, min: number, max: number) {
  const error = `expected a whole number of ${what} from ${min} to ${max}`
  return z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error })
}

const day = 86_400
const aYear = 365 * day
const seconds = whole('seconds', 1, aYear)
const databaseUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'expected postgresql://user:password@host:port/database',
})
const secret = z.string().min(32, 'expected at least 32 characters (for an existing Yeti its secret_key_base)')
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
)
const origin = z
  .url({ protocol: /^https?$/, error: 'expected http(s)://host[:port]' })
  .transform((text) => new URL(text).origin)

/** A lifetime in seconds, or null for tokens that never expire (Yeti's empty setting). */
const lifetime = z
  .string()
  .refine(isLifetime, `expected a whole number of seconds from 1 to ${aYear}, or none`)
  .transform((text) => (text === 'none' ? null : Number(text)))

const expectedInterval = 'expected a number of seconds from 0.1 to 60'

const settings = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: whole('a port', 0, 65_535).default(4000),
  PUBLIC_URL: origin.optional(),
  DATA_DIR: z.string().min(1).default('.data'),
  DATABASE_URL: databaseUrl.optional(),
  CDR_DATABASE_URL: databaseUrl.optional(),
  DATABASE_POOL_SIZE: whole('connections', 1, 200).default(10),
  STATEMENT_TIMEOUT: seconds.default(30),
  CUSTOMER_JWT_SECRET: secret.optional(),
  ADMIN_JWT_SECRET: secret.optional(),
  CUSTOMER_TOKEN_LIFETIME: lifetime.default(600),
  ADMIN_TOKEN_LIFETIME: lifetime.default(600),
  FILE_LINK_LIFETIME: seconds.default(300),
  TRUSTED_PROXIES: list
    .refine(areNetworks, 'expected IP addresses or networks, for instance 10.0.0.0/8, or loopback')
    .default([]),
  CORS_ORIGINS: list.pipe(z.array(origin)).default([]),
  RECORDINGS_DIR: z.string().min(1).optional(),
  RECORDING_FORMAT: z.enum(['mp3', 'wav']).optional(),
  OUTGOING_STATISTICS_USE_CUSTOMER_DURATION: flag.default(false),
  INCOMING_STATISTICS_USE_VENDOR_DURATION: flag.default(false),
  STATISTICS_TIME_ZONE: z
    .string()
    .refine(isTimeZone, 'expected an IANA time zone, for instance Europe/Kyiv')
    .default('UTC'),
  EXPORTS_DIR: z.string().min(1).optional(),
  EXPORT_LIFETIME: lifetime.default(30 * day),
  EXPORT_WORKERS: whole('exports at a time', 0, 16).default(1),
  OUTGOING_CDR_HIDE_FIELDS: list.default([]),
  INCOMING_CDR_HIDE_FIELDS: list.default([]),
  S3_ENDPOINT: z.url({ protocol: /^https?$/, error: 'expected http(s)://host[:port]' }).optional(),
  S3_REGION: z.string().min(1).default('us-east-1'),
  S3_ACCESS_KEY_ID: z.string().min(1).optional(),
  S3_SECRET_ACCESS_KEY: z.string().min(1).optional(),
  S3_FORCE_PATH_STYLE: flag.default(false),
  S3_RECORDINGS_BUCKET: z.string().min(1).optional(),
  S3_EXPORTS_BUCKET: z.string().min(1).optional(),
  CRYPTOMUS_URL: z.url({ protocol: /^https?$/, error: 'expected http(s)://host' }).default('https://api.cryptomus.com'),
  CRYPTOMUS_MERCHANT_ID: z.string().min(1).optional(),
  CRYPTOMUS_API_KEY: z.string().min(1).optional(),
  CRYPTOMUS_CALLBACK_URL: z.url({ protocol: /^https?$/, error: 'expected http(s)://host/path' }).optional(),
  CRYPTOMUS_RETURN_URL: z.url({ protocol: /^https?$/, error: 'expected http(s)://host/path' }).optional(),
  CALL_TOKEN_KEY_FILE: z.string().min(1).optional(),
  CALL_TOKEN_LIFETIME: seconds.default(600),
  SUBSCRIPTION_INTERVAL: z.coerce
    .number({ error: expectedInterval })
    .min(0.1, { error: expectedInterval })
    .max(60, { error: expectedInterval })
    .default(2),
  MAX_SOCKETS: whole('connections', 1, 100_000).default(2000),
  GRAPHIQL: flag.default(true),
  LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug'] satisfies LogLevel[]).default('info'),
})

type Settings = z.infer<typeof settings>

export type SettingName = keyof Settings
export const settingNames = Object.keys(settings.shape) as readonly SettingName[] // the shape has no other keys

/** Where the data is: our own PostgreSQL with demo data, or the databases of an existing Yeti. */
export type DatabaseConfig =
  { readonly kind: 'embedded' } | { readonly kind: 'external'; readonly primaryUrl: string; readonly cdrUrl: string }

/** Signing keys; null where the embedded mode makes its own. */
export interface SecretConfig {
  readonly customer: string | null
  readonly admin: string | null
}

/** Where files are kept. */
export type StoreConfig =
  | { readonly kind: 'directory'; readonly directory: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly s3: S3Config }

export interface S3Config {
  /** null: Amazon's own. */
  readonly endpoint: string | null
  readonly region: string
  /** null: taken from where Amazon's tools look for them. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null
  readonly forcePathStyle: boolean
}

export interface CryptomusConfig {
  readonly url: string
  readonly merchantId: string
  readonly apiKey: string
  /** Where Cryptomus reports to; null: under the address that a payment was asked for at. */
  readonly callbackUrl: string | null
  /** Where customers come back to. */
  readonly returnUrl: string | null
}

export interface Config {
  readonly http: {
    readonly host: string
    readonly port: number
    /** Origin under which browsers reach the gateway; null: taken from each request. */
    readonly publicUrl: string | null
    readonly corsOrigins: readonly string[]
    /** Addresses or networks of reverse proxies whose X-Forwarded-For is believed. */
    readonly trustedProxies: readonly string[]
    readonly graphiql: boolean
  }
  readonly dataDirectory: string
  readonly database: DatabaseConfig & {
    readonly poolSize: number
    /** Milliseconds. */
    readonly statementTimeout: number
  }
  readonly secrets: SecretConfig
  readonly tokens: {
    /** Seconds; null: tokens never expire. */
    readonly customerLifetime: number | null
    readonly adminLifetime: number | null
    readonly fileLinkLifetime: number
  }
  readonly recordings: { readonly store: StoreConfig; readonly format: 'mp3' | 'wav' }
  readonly exports: {
    readonly store: StoreConfig
    /** Seconds from its completion until a file is removed; null: never. */
    readonly lifetime: number | null
    /** How many this process makes at a time; 0: others make them. */
    readonly workers: number
  }
  /** Attributes, in Yeti's spelling, that nobody is shown. */
  readonly hiddenFields: { readonly outgoingCdr: readonly string[]; readonly incomingCdr: readonly string[] }
  /** null: customers cannot pay with it. */
  readonly cryptomus: CryptomusConfig | null
  readonly callTokens: {
    /** PEM file of an EC (P-256) private key; null: there is none, but the embedded mode makes its own. */
    readonly keyFile: string | null
    /** Seconds. */
    readonly lifetime: number
  }
  readonly statistics: {
    readonly timeZone: string
    readonly outgoingDuration: 'duration' | 'customer_duration'
    readonly incomingDuration: 'duration' | 'vendor_duration'
  }
  readonly subscriptions: {
    /** Milliseconds between two reads of what subscriptions tell. */
    readonly interval: number
    /** How many WebSocket connections one process takes. */
    readonly maxSockets: number
  }
  readonly logLevel: LogLevel
}

/** Says every wrong setting in one message; never the value of one, which may be a secret. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`The settings are not right:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
  }
}

/** Reads the settings from environment variables. Throws `ConfigError`. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  // An empty variable is how many tools say "not set".
  const given = Object.fromEntries(
    settingNames.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])),
  )
  const parsed = settings.safeParse(given)
  const problems = [
    ...(parsed.error?.issues.map((issue) => `${issue.path[0]?.toString() ?? ''}: ${issue.message}`) ?? []),
    ...missingTogether(given),
  ]
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  return grouped(parsed.data)
}

/** Settings that mean nothing without each other. */
const pairs = [
  ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
  ['CRYPTOMUS_MERCHANT_ID', 'CRYPTOMUS_API_KEY'],
] as const satisfies readonly (readonly [SettingName, SettingName])[]

function missingTogether(given: Readonly<Record<string, unknown>>): string[] {
  const halves = pairs.flatMap((pair) => {
    const missing = pair.find((name) => given[name] === undefined)
    const present = pair.find((name) => given[name] !== undefined)
    return missing && present ? [`${missing}: expected together with ${present}`] : []
  })
  return [...halves, ...missingForDatabase(given)]
}

function missingForDatabase(given: Readonly<Record<string, unknown>>): string[] {
  if (given['DATABASE_URL'] === undefined) {
    return given['CDR_DATABASE_URL'] === undefined ? [] : ['DATABASE_URL: expected together with CDR_DATABASE_URL']
  }
  return (['CUSTOMER_JWT_SECRET', 'ADMIN_JWT_SECRET'] as const)
    .filter((name) => given[name] === undefined)
    .map((name) => `${name}: expected together with DATABASE_URL (Yeti's secret_key_base)`)
}

function grouped(s: Settings): Config {
  const dataDirectory = resolve(s.DATA_DIR)
  const embedded = s.DATABASE_URL === undefined
  return {
    http: {
      host: s.HOST,
      port: s.PORT,
      publicUrl: s.PUBLIC_URL ?? null,
      corsOrigins: s.CORS_ORIGINS,
      trustedProxies: s.TRUSTED_PROXIES,
      graphiql: s.GRAPHIQL,
    },
    dataDirectory,
    database: { ...databases(s), poolSize: s.DATABASE_POOL_SIZE, statementTimeout: s.STATEMENT_TIMEOUT * 1000 },
    secrets: { customer: s.CUSTOMER_JWT_SECRET ?? null, admin: s.ADMIN_JWT_SECRET ?? null },
    tokens: {
      customerLifetime: s.CUSTOMER_TOKEN_LIFETIME,
      adminLifetime: s.ADMIN_TOKEN_LIFETIME,
      fileLinkLifetime: s.FILE_LINK_LIFETIME,
    },
    recordings: {
      store: store(s, s.S3_RECORDINGS_BUCKET, s.RECORDINGS_DIR ?? `${dataDirectory}/recordings`),
      // The demo's recordings are WAV, since nothing here encodes MP3; Yeti's own default is MP3.
      format: s.RECORDING_FORMAT ?? (embedded ? 'wav' : 'mp3'),
    },
    exports: {
      store: store(s, s.S3_EXPORTS_BUCKET, s.EXPORTS_DIR ?? `${dataDirectory}/exports`),
      lifetime: s.EXPORT_LIFETIME,
      workers: s.EXPORT_WORKERS,
    },
    hiddenFields: { outgoingCdr: s.OUTGOING_CDR_HIDE_FIELDS, incomingCdr: s.INCOMING_CDR_HIDE_FIELDS },
    cryptomus: cryptomus(s),
    callTokens: {
      keyFile: s.CALL_TOKEN_KEY_FILE ?? null,
      lifetime: s.CALL_TOKEN_LIFETIME,
    },
    statistics: {
      timeZone: s.STATISTICS_TIME_ZONE,
      outgoingDuration: s.OUTGOING_STATISTICS_USE_CUSTOMER_DURATION ? 'customer_duration' : 'duration',
      incomingDuration: s.INCOMING_STATISTICS_USE_VENDOR_DURATION ? 'vendor_duration' : 'duration',
    },
    subscriptions: { interval: s.SUBSCRIPTION_INTERVAL * 1000, maxSockets: s.MAX_SOCKETS },
    logLevel: s.LOG_LEVEL,
  }
}

function store(s: Settings, bucket: string | undefined, directory: string): StoreConfig {
  if (bucket === undefined) return { kind: 'directory', directory: resolve(directory) }
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = s
  return {
    kind: 's3',
    bucket,
    s3: {
      endpoint: s.S3_ENDPOINT ?? null,
      region: s.S3_REGION,
      credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : null,
      forcePathStyle: s.S3_FORCE_PATH_STYLE,
    },
  }
}

function cryptomus(s: Settings): CryptomusConfig | null {
  const { CRYPTOMUS_MERCHANT_ID: merchantId, CRYPTOMUS_API_KEY: apiKey } = s
  if (merchantId === undefined || apiKey === undefined) return null
  return {
    url: s.CRYPTOMUS_URL,
    merchantId,
    apiKey,
    callbackUrl: s.CRYPTOMUS_CALLBACK_URL ?? null,
    returnUrl: s.CRYPTOMUS_RETURN_URL ?? null,
  }
}

function databases(s: Settings): DatabaseConfig {
  if (s.DATABASE_URL === undefined) return { kind: 'embedded' }
  return { kind: 'external', primaryUrl: s.DATABASE_URL, cdrUrl: s.CDR_DATABASE_URL ?? s.DATABASE_URL }
}

function isLifetime(text: string): boolean {
  return text === 'none' || (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= aYear)
}

function areNetworks(names: string[]): boolean {
  try {
    proxyAddr.compile(names)
    return true
  } catch {
    return false
  }
}

function isTimeZone(name: string): boolean {
  // PostgreSQL reads the sign of an offset the other way round.
  if (/^[+-]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
