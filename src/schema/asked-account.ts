import { BadUserInputError } from '../errors.ts'
import { accounts } from './account.ts'
import type { Context } from './context.ts'
import { accountInternalId } from './resource/list-query.ts'

/** The internal id of the account that an argument `accountId` names. Throws for all that the login may not see, alike. */
export async function askedAccount(context: Context, accountId: string): Promise<number> {
  const id = await accountInternalId(context, accounts, accountId, 'accountId')
  if (id === null) throw noSuchAccount()
  return id
}

export function noSuchAccount(): BadUserInputError {
  return new BadUserInputError('accountId', 'no such account.')
}
