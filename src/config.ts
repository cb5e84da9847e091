import { resolve } from 'node:path'
import { settingNames, settings, type SettingName, type Settings } from './config/settings.ts'
import type { LogLevel } from './log.ts'

export { settingNames, type SettingName } from './config/settings.ts'

/** Where the data is: our own PostgreSQL with demo data, or the databases of an existing Yeti. */
export type DatabaseConfig = { readonly kind: 'embedded' } | ({ readonly kind: 'external' } & DatabaseUrls)

export interface DatabaseUrls {
  readonly primaryUrl: string
  readonly cdrUrl: string
  /** Of a read replica of the CDR database; null: there is none. */
  readonly replicaUrl: string | null
}

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

export interface ClickHouseConfig {
  /** Without name and password. */
  readonly url: string
  readonly username: string
  readonly password: string
  readonly database: string
  /** Milliseconds that a statement may run. */
  readonly timeout: number
  /** Bytes that a statement may take. */
  readonly maxMemory: number
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
  /** null: statistics and calls in progress come from PostgreSQL. */
  readonly clickhouse: ClickHouseConfig | null
  readonly secrets: SecretConfig
  readonly tokens: {
    /** Seconds; null: tokens never expire. */
    readonly customerLifetime: number | null
    readonly adminLifetime: number | null
    readonly fileLinkLifetime: number
    /** Of a token with which an administrator looks at the portal as a login. */
    readonly actingLifetime: number
  }
  /** Yeti's file of what roles may do; null: only `root` may do anything. */
  readonly adminPolicyFile: string | null
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
  readonly shutdown: {
    /** Milliseconds that SIGTERM leaves balancers to notice that this process is not ready any more. */
    readonly delay: number
    /** Milliseconds that requests have to end after that. */
    readonly limit: number
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
    const alone = (['CDR_DATABASE_URL', 'CDR_REPLICA_DATABASE_URL'] as const).find((name) => given[name] !== undefined)
    return alone === undefined ? [] : [`DATABASE_URL: expected together with ${alone}`]
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
    clickhouse: clickhouse(s),
    secrets: { customer: s.CUSTOMER_JWT_SECRET ?? null, admin: s.ADMIN_JWT_SECRET ?? null },
    tokens: {
      customerLifetime: s.CUSTOMER_TOKEN_LIFETIME,
      adminLifetime: s.ADMIN_TOKEN_LIFETIME,
      fileLinkLifetime: s.FILE_LINK_LIFETIME,
      actingLifetime: s.ACTING_TOKEN_LIFETIME,
    },
    adminPolicyFile: s.ADMIN_POLICY_FILE ?? null,
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
    // What waits for a database ends by its time limit; the rest of that second is for the answer.
    shutdown: { delay: s.SHUTDOWN_DELAY * 1000, limit: (s.STATEMENT_TIMEOUT + 1) * 1000 },
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

function clickhouse(s: Settings): ClickHouseConfig | null {
  if (s.CLICKHOUSE_URL === undefined) return null
  const url = new URL(s.CLICKHOUSE_URL)
  return {
    url: url.origin,
    username: decodeURIComponent(url.username) || 'default',
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || 'default',
    timeout: s.STATEMENT_TIMEOUT * 1000,
    maxMemory: s.CLICKHOUSE_MAX_MEMORY * 1024 ** 2,
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
  return {
    kind: 'external',
    primaryUrl: s.DATABASE_URL,
    cdrUrl: s.CDR_DATABASE_URL ?? s.DATABASE_URL,
    replicaUrl: s.CDR_REPLICA_DATABASE_URL ?? null,
  }
}
