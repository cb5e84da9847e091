import {
  type Account,
  auroraMain,
  auroraRetail,
  auroraWholesale,
  borealisContact,
  borealisTrunk,
  cascadiaMain,
} from './accounts.ts'

type Variables = Readonly<Record<string, string | number>>

export interface ServiceType {
  readonly id: number
  readonly name: string
  readonly provisioningClass: string
  /** How the portal draws them. */
  readonly uiType: string | null
  readonly forceRenew: boolean
  /** Credentials of other systems, which nobody outside may see. */
  readonly variables: Variables | null
}

export type RenewPeriod = 'day' | 'month'

export const renewPeriodIds: Readonly<Record<RenewPeriod, number>> = { day: 10, month: 20 }

export interface Service {
  readonly id: number
  readonly name: string | null
  readonly type: ServiceType
  readonly account: Account
  /** In the account's currency; nothing is charged for 0, and below it the account is credited. */
  readonly initialPrice: string
  readonly renewPrice: string
  readonly renewPeriod: RenewPeriod | null
  readonly createdDaysAgo: number
  /** The first renewal after that could not be paid for; so long ago that it was due. */
  readonly suspendedDaysAgo: number | null
  readonly variables: Variables | null
  /** It is there no longer, only what it cost. */
  readonly isGone: boolean
}

const numbers: ServiceType = {
  id: 1,
  name: 'Phone number',
  provisioningClass: 'Billing::Provisioning::Logging',
  uiType: 'did',
  forceRenew: false,
  variables: null,
}

const phoneSystem: ServiceType = {
  id: 2,
  name: 'Cloud PBX',
  provisioningClass: 'Billing::Provisioning::PhoneSystems',
  uiType: 'phone_systems',
  forceRenew: true,
  variables: { endpoint: 'https://pbx.yeti.example', username: 'operator', password: 'secret-of-type-2' },
}

const minutes: ServiceType = {
  id: 3,
  name: 'Package of minutes',
  provisioningClass: 'Billing::Provisioning::FreeMinutes',
  uiType: null,
  forceRenew: false,
  variables: { token: 'secret-of-type-3' },
}

export const serviceTypes: readonly ServiceType[] = [numbers, phoneSystem, minutes]

type Differences = Pick<Service, 'id' | 'type' | 'account' | 'name' | 'createdDaysAgo'> & Partial<Service>

function service(differences: Differences): Service {
  return {
    initialPrice: '0',
    renewPrice: '0',
    renewPeriod: null,
    suspendedDaysAgo: null,
    variables: null,
    isGone: false,
    ...differences,
  }
}

function credentials(id: number): Variables {
  return { username: `tenant${id}`, password: `secret-of-service-${id}` }
}

export const services: readonly Service[] = [
  service({
    id: 601,
    name: '+49 40 5550101',
    type: numbers,
    account: auroraMain,
    initialPrice: '10',
    renewPrice: '2.5',
    renewPeriod: 'month',
    createdDaysAgo: 190,
  }),
  service({
    id: 602,
    name: 'Head office PBX',
    type: phoneSystem,
    account: auroraMain,
    initialPrice: '49.9',
    renewPrice: '1.65',
    renewPeriod: 'day',
    createdDaysAgo: 120,
    variables: credentials(602),
  }),
  service({
    id: 603,
    name: '1000 minutes to Germany',
    type: minutes,
    account: auroraMain,
    initialPrice: '15',
    renewPrice: '15',
    renewPeriod: 'month',
    createdDaysAgo: 130,
    suspendedDaysAgo: 40,
  }),
  service({
    id: 604,
    name: 'Porting of +49 40 5550101',
    type: numbers,
    account: auroraMain,
    initialPrice: '29.99',
    createdDaysAgo: 188,
  }),
  service({
    id: 605,
    name: 'Shop PBX, "Große Bleichen"',
    type: phoneSystem,
    account: auroraRetail,
    initialPrice: '0',
    renewPrice: '0.9',
    renewPeriod: 'day',
    createdDaysAgo: 75,
    variables: credentials(605),
  }),
  service({
    id: 606,
    name: 'Loyalty bonus',
    type: minutes,
    account: auroraRetail,
    initialPrice: '-5',
    renewPrice: '-3.2',
    renewPeriod: 'month',
    createdDaysAgo: 160,
  }),
  service({ id: 607, name: null, type: numbers, account: auroraWholesale, initialPrice: '0', createdDaysAgo: 40 }),
  service({
    id: 608,
    name: 'Former fax number',
    type: numbers,
    account: auroraMain,
    initialPrice: '10',
    renewPrice: '2.5',
    renewPeriod: 'month',
    createdDaysAgo: 185,
    suspendedDaysAgo: 60,
    isGone: true,
  }),
  service({
    id: 611,
    name: 'Agents PBX',
    type: phoneSystem,
    account: borealisContact,
    initialPrice: '500',
    renewPrice: '18.4',
    renewPeriod: 'day',
    createdDaysAgo: 110,
    variables: credentials(611),
  }),
  service({
    id: 612,
    name: '+46 8 5550102',
    type: numbers,
    account: borealisTrunk,
    initialPrice: '8',
    renewPrice: '1.75',
    renewPeriod: 'month',
    createdDaysAgo: 170,
  }),
  service({
    id: 613,
    name: 'Former number',
    type: numbers,
    account: borealisTrunk,
    initialPrice: '8',
    renewPrice: '1.75',
    renewPeriod: 'month',
    createdDaysAgo: 170,
    suspendedDaysAgo: 80,
    isGone: true,
  }),
  service({
    id: 621,
    name: 'Switchboard',
    type: phoneSystem,
    account: cascadiaMain,
    initialPrice: '99',
    renewPrice: '3.3',
    renewPeriod: 'day',
    createdDaysAgo: 90,
    variables: credentials(621),
  }),
]
