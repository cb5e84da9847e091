import { auroraRetail } from './accounts.ts'
import { type Contractor, aurora, borealis } from './contractors.ts'
import { type Gateway, auroraApp, auroraOffice, borealisAgents } from './gateways.ts'
import {
  type Numberlist,
  auroraAppNumbers,
  auroraFraud,
  auroraShopNumbers,
  borealisScreening,
  spareNumbers,
} from './numberlists.ts'

/** Which flags of a profile are on, by the name of the flag's column; null: what the database says by default. */
export interface Profile {
  readonly id: number
  readonly name: string
  readonly allows: ((flag: string) => boolean) | null
}

const moneyOrRecordings = /price|invoices|payments|recording/

const byDefault: Profile = { id: 1, name: 'Default', allows: null }
const everything: Profile = { id: 2, name: 'Everything', allows: () => true }
const noPrices: Profile = { id: 3, name: 'Statistics without prices', allows: (flag) => !moneyOrRecordings.test(flag) }
const nothing: Profile = { id: 4, name: 'Nothing', allows: () => false }
/** No login has it, so it may be deleted. */
const unused: Profile = { id: 5, name: 'Incoming traffic only', allows: (flag) => /^(account|incoming)/.test(flag) }

export const profiles: readonly Profile[] = [byDefault, everything, noPrices, nothing, unused]

interface Login {
  readonly id: number
  readonly login: string
  readonly contractor: Contractor
  readonly profile: Profile
  readonly accountIds: readonly number[]
  /** Those that it may manage, where the customer has them: like Yeti, nothing here looks at whose they are. */
  readonly numberlists: readonly Numberlist[]
  /** Whose identity its call tokens carry. */
  readonly gateway: Gateway | null
  /** bcrypt of login + `-demo`, cost 12 as in Yeti: hashing six of them at every fill would take seconds. */
  readonly digest: string
  readonly what: string
}

export const logins: readonly Login[] = [
  {
    id: 11,
    login: 'alice',
    contractor: aurora,
    profile: everything,
    accountIds: [],
    numberlists: [auroraFraud, auroraShopNumbers, auroraAppNumbers, borealisScreening, spareNumbers],
    gateway: auroraApp,
    digest: '$2a$12$HVmapv1VHppr5xKl15Mnv.Vdv6PcmXi9cNK5au.e8gCvsFfHJgt9y',
    what: 'Aurora Telecom, every flag on',
  },
  {
    id: 12,
    login: 'bob',
    contractor: aurora,
    profile: byDefault,
    accountIds: [],
    numberlists: [auroraFraud],
    gateway: auroraOffice,
    digest: '$2a$12$vq500GD4.ICoC07jN8iDY.bVNjljpeHjzl5owCI.fQ5xhl6KOZlmW',
    what: "Aurora Telecom, Yeti's defaults",
  },
  {
    id: 13,
    login: 'carol',
    contractor: aurora,
    profile: noPrices,
    accountIds: [],
    numberlists: [auroraShopNumbers, auroraAppNumbers],
    gateway: null,
    digest: '$2a$12$aX2XVC2Zo632oth8YKXYFeCyYMAkKURt6rxtYFCjwDixlq7jXMxpq',
    what: 'Aurora Telecom, statistics without prices, no invoices, payments or recordings',
  },
  {
    id: 14,
    login: 'dave',
    contractor: aurora,
    profile: nothing,
    accountIds: [],
    numberlists: [],
    gateway: null,
    digest: '$2a$12$D13tnWUGY7GeRjjk2vHrXepNCoj7VHVzDS3g/zV7zb.MrQKq/5Cti',
    what: 'Aurora Telecom, every flag off',
  },
  {
    id: 15,
    login: 'erin',
    contractor: borealis,
    profile: everything,
    accountIds: [],
    numberlists: [borealisScreening],
    gateway: borealisAgents,
    digest: '$2a$12$0QI.JMpagbDzUgbR5XpnpuWS7CGv.PCvWUGdZGzQdwZ/jAo5EpRN6',
    what: 'Borealis Voice AB, every flag on',
  },
  {
    id: 16,
    login: 'frank',
    contractor: aurora,
    profile: everything,
    accountIds: [auroraRetail.id],
    numberlists: [auroraFraud, auroraShopNumbers],
    gateway: auroraApp,
    digest: '$2a$12$k7MF0luiMYBY6AheIxeqOu4yoQg0pKNS3YrMWtEMePmuGi7g2pZwu',
    what: 'Aurora Telecom, every flag on, but only the account Aurora Retail',
  },
]

export const admin = {
  id: 1,
  login: 'admin',
  /** Cost 10, as Yeti has it for administrators. */
  digest: '$2a$10$D556tboAiKnZU.FdRBAxyOdocTksBko1kRGEmcVjtaNeYKq.O754C',
  what: 'administrator',
}

export const demoLogins: readonly { login: string; password: string; what: string }[] = [...logins, admin].map(
  ({ login, what }) => ({ login, password: `${login}-demo`, what }),
)
