import { vi, expect } from 'vitest'
import { encodeGlobalId } from '../../../src/schema/resource/global-id.ts'
import { makeToken, inSeconds } from '../../identity/support/tokens.ts'
import { customerSecret, type Gateway } from '../../support/gateway.ts'

/** An account with its two ids. */
export interface TestAccount {
  readonly internal: number
  readonly id: string
}

/** The accounts that a login's customer has. */
export async function accountsOf(gateway: Gateway, login: string): Promise<TestAccount[]> {
  const { rows } = await gateway.primary.query<{ id: number; uuid: string }>(
    `SELECT a.id, a.uuid FROM billing.accounts a JOIN sys.api_access l ON l.customer_id = a.contractor_id
     WHERE l.login = $1 ORDER BY a.id`,
    [login],
  )
  return rows.map(({ id, uuid }) => ({ internal: id, id: encodeGlobalId('Account', uuid) }))
}

export async function firstAccountOf(gateway: Gateway, login: string): Promise<TestAccount> {
  const [account] = await accountsOf(gateway, login)
  if (!account) throw new Error('The demo has no such account')
  return account
}

/** What Yeti's background job writes once a minute. */
export async function setActiveCalls(gateway: Gateway, account: TestAccount, count: number): Promise<void> {
  await gateway.cdr.query(
    `INSERT INTO stats.active_call_accounts (account_id, originated_count, terminated_count, created_at)
     VALUES ($1, $2, 0, clock_timestamp())`,
    [account.internal, count],
  )
}

export async function forgetActiveCalls(gateway: Gateway): Promise<void> {
  await gateway.cdr.query('DELETE FROM stats.active_call_accounts')
}

/** A token of one more session of a login, without the cost of a password. */
export async function sessionOf(gateway: Gateway, login: string, sid: string, seconds = 600): Promise<string> {
  const { rows } = await gateway.primary.query<{ id: number }>('SELECT id FROM sys.api_access WHERE login = $1', [
    login,
  ])
  return makeToken(
    { sub: rows[0]?.id, aud: ['customer-v1'], sid: sid.padEnd(16, '-'), exp: inSeconds(seconds) },
    { secret: customerSecret },
  )
}

/** Nothing is left that would go on without a client. */
export async function expectNothingLeft(...gateways: readonly Gateway[]): Promise<void> {
  for (const { app } of gateways) {
    await vi.waitFor(() => {
      expect(app.services.identity.access.size).toBe(0)
      expect(app.services.activeCalls.size).toBe(0)
    }, 5_000)
  }
}

export function subscriptionTo({ id }: TestAccount, fields = 'time count'): string {
  return `subscription { outgoingActiveCalls(accountId: "${id}") { ${fields} } }`
}
