import { expect } from 'vitest'
import type { Answer } from '../../support/gateway.ts'
import type { Administration } from './administration.ts'

/** Asserts that only who may read access profiles is answered. */
export async function expectReadersOnly(
  { customer, root, tokenWith }: Administration,
  ask: (token: string) => Promise<Answer>,
): Promise<void> {
  const permissionOf = async (token: string): Promise<unknown> => {
    const { errors } = await ask(token)
    return errors?.map(({ extensions }) => extensions['permission'] ?? extensions.code)
  }
  expect(await permissionOf('nobody')).toEqual(['UNAUTHENTICATED'])
  expect(await permissionOf(customer)).toEqual(['ADMIN'])
  expect(await permissionOf(await tokenWith(['READ_PORTAL_LOGINS', 'CHANGE_ACCESS_PROFILES']))).toEqual(['ADMIN_READ_ACCESS_PROFILES']) // prettier-ignore
  expect(await permissionOf(await tokenWith(['READ_ACCESS_PROFILES']))).toBeUndefined()
  expect(await permissionOf(root)).toBeUndefined()
}

/** Ids of access profiles that are none, and what they are refused with. */
export const wrongIds: readonly (readonly [id: string, code: string])[] = [
  [Buffer.from('CustomerPortalAccessProfile:30000').toString('base64'), 'NOT_FOUND'],
  [Buffer.from('CustomerPortalAccessProfile:999999999999999999').toString('base64'), 'NOT_FOUND'],
  [Buffer.from('PortalLogin:1').toString('base64'), 'BAD_USER_INPUT'],
  ['1', 'BAD_USER_INPUT'],
  ['', 'BAD_USER_INPUT'],
]
