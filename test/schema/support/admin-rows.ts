import type { Gateway } from '../../support/gateway.ts'
import { aurora, borealis } from './subjects.ts'
import { insert, subjectOf, trickyRows, value } from './tricky.ts'

const firstContractor = 60_000
const firstGateway = 60_000
const firstProfile = 20_000
const firstLogin = 60_000

/** What only administrators see. Names are unique there. Comes last: other rows are given to every login. */
export async function addAdminRows({ primary }: Pick<Gateway, 'primary'>): Promise<void> {
  const named = (field: string, attribute: string, index: number) => `${value(subjectOf(field), attribute, index)} ${index}`
  await insert(
    primary,
    'public.contractors',
    trickyRows('contractors', (index) => ({ id: firstContractor + index, name: named('contractors', 'name', index) })),
  )
  await insert(
    primary,
    'class4.gateways',
    trickyRows('gateways', (index) => ({
      id: firstGateway + index,
      name: named('gateways', 'name', index),
      contractor_id: [aurora, borealis, firstContractor + index][index % 3],
    })),
  )
  await insert(
    primary,
    'sys.customer_portal_access_profiles',
    trickyRows('accessProfiles', (index) => ({ id: firstProfile + index, name: named('accessProfiles', 'name', index) })),
  )
  await insert(
    primary,
    'sys.api_access',
    trickyRows('portalLogins', (index) => ({
      id: firstLogin + index,
      login: named('portalLogins', 'login', index),
      password_digest: '',
      customer_id: [aurora, borealis][index % 2],
      account_ids: index % 3 === 0 ? [] : [index % 2 === 0 ? 201 : 211],
      customer_portal_access_profile_id: firstProfile + (index % 7),
      provision_gateway_id: index % 4 === 0 ? null : firstGateway + index,
    })),
  )
} // prettier-ignore
