import proxyAddr from 'proxy-addr'
import { z } from 'zod'
import type { LogLevel } from '../log.ts'

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
const expectedClickhouse = 'expected http(s)://user:password@host:port/database, what is special in them %-encoded'
const clickhouseUrl = z
  .url({ protocol: /^https?$/, error: expectedClickhouse })
  .refine(isDecodable, { error: expectedClickhouse })
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

export const settings = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: whole('a port', 0, 65_535).default(4000),
  PUBLIC_URL: origin.optional(),
  DATA_DIR: z.string().min(1).default('.data'),
  DATABASE_URL: databaseUrl.optional(),
  CDR_DATABASE_URL: databaseUrl.optional(),
  CDR_REPLICA_DATABASE_URL: databaseUrl.optional(),
  CLICKHOUSE_URL: clickhouseUrl.optional(),
  CLICKHOUSE_MAX_MEMORY: whole('MiB', 16, 1_048_576).default(1024),
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
  ADMIN_POLICY_FILE: z.string().min(1).optional(),
  ACTING_TOKEN_LIFETIME: whole('seconds', 1, 3_600).default(600),
  SUBSCRIPTION_INTERVAL: z.coerce
    .number({ error: expectedInterval })
    .min(0.1, { error: expectedInterval })
    .max(60, { error: expectedInterval })
    .default(2),
  MAX_SOCKETS: whole('connections', 1, 100_000).default(2000),
  SHUTDOWN_DELAY: whole('seconds', 0, 600).default(0),
  GRAPHIQL: flag.default(true),
  LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug'] satisfies LogLevel[]).default('info'),
})

export type Settings = z.infer<typeof settings>

export type SettingName = keyof Settings
export const settingNames = Object.keys(settings.shape) as readonly SettingName[] // the shape has no other keys

function isLifetime(text: string): boolean {
  return text === 'none' || (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= aYear)
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
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
