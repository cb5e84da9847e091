import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import { sql, type Databases, type Sql } from '../backends/databases.ts'
import { RateLimitedError, UnavailableError } from '../errors.ts'
import { addressBlock } from './address.ts'
import { sha256 } from './keys.ts'
import type { Audience } from './tokens.ts'

/** Failed sign-ins that are let through in each five minutes. */
const failures = { ofOneLogin: 10, ofOneAddress: 100 } as const
const windowSeconds = 300

export interface SignInAttempt {
  readonly audience: Audience
  /** null: not known; all of those count as one. */
  readonly address: string | null
  readonly login: string
}

export interface SignInLimits {
  /**
   * Counts an attempt as failed before it is made, so that many at once do not slip through together. Throws
   * `RateLimitedError`.
   */
  count(attempt: SignInAttempt): Promise<void>
  /** It was no failure after all. */
  forgive(attempt: SignInAttempt): Promise<void>
}

/** Nothing is counted by login alone: nobody can lock a customer out from elsewhere. */
export function createSignInLimits(databases: Databases): SignInLimits {
  const byLogin = limiter(databases, 'sign-in', failures.ofOneLogin)
  const byAddress = limiter(databases, 'sign-in-address', failures.ofOneAddress)
  let cleared = Date.now()

  async function clearNowAndThen(): Promise<void> {
    const now = Date.now()
    if (now - cleared < windowSeconds * 1000) return
    cleared = now
    await databases.query('primary', clearExpired(now))
  }

  return {
    count: (attempt) =>
      orRefused(async () => {
        const { login, address } = keysOf(attempt)
        await clearNowAndThen()
        await byLogin.consume(login)
        await byAddress.consume(address)
      }),
    forgive: (attempt) =>
      orRefused(async () => {
        const { login, address } = keysOf(attempt)
        await Promise.all([byLogin.reward(login), byAddress.reward(address)])
      }),
  }
}

// The library's own clearing runs on a timer that would outlive the gateway's dispose.
function clearExpired(now: number): Sql {
  return sql`
    DELETE FROM portal.rate_limits WHERE key IN (
      SELECT key FROM portal.rate_limits WHERE expire < ${now} LIMIT 10000 FOR UPDATE SKIP LOCKED
    )`
}

function limiter({ primary }: Databases, keyPrefix: string, points: number): RateLimiterPostgres {
  return new RateLimiterPostgres({
    storeClient: primary,
    storeType: 'pool',
    schemaName: 'portal',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix,
    points,
    duration: windowSeconds,
    clearExpiredByTimeout: false,
  })
}

/** Hashed, since a login may be longer than the column. */
function keysOf({ audience, address, login }: SignInAttempt): { readonly login: string; readonly address: string } {
  const block = address === null ? 'unknown' : addressBlock(address)
  return { login: sha256(JSON.stringify([audience, block, login])), address: sha256(block) }
}

/** Who cannot count does not let anybody try. */
async function orRefused(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (error instanceof RateLimiterRes) throw new RateLimitedError(Math.max(1, Math.ceil(error.msBeforeNext / 1000)))
    throw new UnavailableError(error instanceof Error ? error : undefined)
  }
}
