import { sql, type Sql, type Transaction } from '../backends/databases.ts'

/** When a login was signed out everywhere, as a statement of its row has it: joined as `e`. */
export interface LoginEndings {
  /** How often; 0: never. Every token of ours says how often it had been when it was issued. */
  readonly generation: number
  /** Seconds since 1970, of the last time. */
  readonly ended_at: number | null
}

export const endingColumns = sql`coalesce(e.generation, 0) AS generation, extract(epoch FROM e.ended_at)::float8 AS ended_at`

export function joinEndings(loginId: Sql): Sql {
  return sql`LEFT JOIN portal.ended_logins e ON e.login_id = ${loginId}`
}

/**
 * Signs a login out everywhere: its tokens, cookies, file links and whatever runs for it are worth nothing as soon as
 * the transaction is committed. Whoever calls it announces the change of that login.
 */
export async function endSessionsOf(transaction: Transaction, loginId: number): Promise<void> {
  await transaction.query(sql`
    INSERT INTO portal.ended_logins AS e (login_id, ended_at) VALUES (${loginId}, clock_timestamp())
    ON CONFLICT (login_id) DO UPDATE
      SET generation = e.generation + 1, ended_at = greatest(e.ended_at, excluded.ended_at)`)
}

/** Seconds that Yeti's clock may be ahead of the database's. */
const margin = 60

/**
 * Whether a token that does not say itself how often its login had been signed out could be from before the last time.
 * Yeti's say only when they expire. `lifetime` is how long they last, in seconds; null: for ever.
 */
export function mayBeEnded(expiresAt: Date | null, { ended_at }: LoginEndings, lifetime: number | null): boolean {
  if (ended_at === null) return false
  if (expiresAt === null || lifetime === null) return true
  return expiresAt.getTime() / 1000 - lifetime <= ended_at + margin
}
