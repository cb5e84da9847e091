import { isIP } from 'node:net'
import { BadUserInputError } from '../../errors.ts'
import { isNetwork, normalizeAddress } from '../../identity/address.ts'
import { isPossiblePassword } from '../../identity/passwords.ts'
import { allRules } from '../../permissions/rule.ts'
import { builder } from '../builder.ts'
import { keyOf } from '../resource/list-query.ts'
import type { Resource } from '../resource/resource.ts'
import { accessProfiles } from './access-profiles.ts'
import { allNumberlists, contractorAccounts, contractors, gateways } from './contractors.ts'
import { portalLogins } from './portal-logins.ts'

/** What a change is refused for, and what it runs into, tells what is there. */
export const changeRule = allRules({ changePortalLogins: true }, portalLogins.ruleMap)
export const removeRule = allRules({ removePortalLogins: true }, portalLogins.ruleMap)

const rule = changeRule
/** Whoever decides what a login may see must see what that is. */
const profileRule = allRules(rule, accessProfiles.ruleMap)

/** Of each list. */
const maxListed = 1_000
const maxLogin = 255

const words = {
  login:
    'The name to sign in with; unique, upper and lower case differ; at most 255 characters, without blanks at its ends.',
  password: '1 to 72 bytes; nobody can read it again.',
  customerId: 'Whose login it is, by the `id` of a contractor.',
  accessProfileId: 'What it may see, by the `id` of an access profile.',
  accountIds: `The accounts that it sees, by their \`id\`: 1 to ${maxListed} of its customer's. An empty list is refused unless \`allAccounts\` is \`true\`.`,
  allAccounts:
    '`true`: it sees every account of its customer, also those that are yet to come. Never together with `accountIds`.',
  outgoingNumberlistIds: `The numberlists that it manages, by their \`id\`, at most ${maxListed}; empty means none.`,
  allowedIps: `Addresses and networks from which it may be used, at most ${maxListed}; from nowhere where this is empty.`,
  provisionGatewayId: 'The gateway whose identity its call tokens carry, by its `id`: one of its customer.',
} as const

export const CreatePortalLoginInput = builder.inputType('CreatePortalLoginInput', {
  description: 'Either `accountIds` or `allAccounts` must be given.',
  fields: (t) => ({
    login: t.string({ required: true, description: words.login, authScopes: rule }),
    password: t.string({ required: true, description: words.password, authScopes: rule }),
    customerId: t.id({ required: true, description: words.customerId, authScopes: rule }),
    accessProfileId: t.id({ required: true, description: words.accessProfileId, authScopes: profileRule }),
    accountIds: t.idList({ description: words.accountIds, authScopes: rule }),
    allAccounts: t.boolean({ description: words.allAccounts, authScopes: rule }),
    outgoingNumberlistIds: t.idList({
      description: `${words.outgoingNumberlistIds} None unless given.`,
      authScopes: rule,
    }),
    allowedIps: t.stringList({ description: `${words.allowedIps} From anywhere unless given.`, authScopes: rule }),
    provisionGatewayId: t.id({ description: words.provisionGatewayId, authScopes: rule }),
  }),
})

export const UpdatePortalLoginInput = builder.inputType('UpdatePortalLoginInput', {
  description: 'What is left out stays as it is.',
  fields: (t) => ({
    login: t.string({ description: words.login, authScopes: rule }),
    customerId: t.id({
      description: `${words.customerId} With another one, \`accountIds\` or \`allAccounts\` must be given too, and \`provisionGatewayId\` where it has one; all its sessions end.`,
      authScopes: rule,
    }),
    accessProfileId: t.id({ description: words.accessProfileId, authScopes: profileRule }),
    accountIds: t.idList({ description: words.accountIds, authScopes: rule }),
    allAccounts: t.boolean({ description: words.allAccounts, authScopes: rule }),
    outgoingNumberlistIds: t.idList({ description: words.outgoingNumberlistIds, authScopes: rule }),
    allowedIps: t.stringList({ description: words.allowedIps, authScopes: rule }),
    provisionGatewayId: t.id({ description: `${words.provisionGatewayId} \`null\` takes it away.`, authScopes: rule }),
  }),
})

type LoginInput = typeof UpdatePortalLoginInput.$inferInput

/** What a login is to be given, by public keys; what is not there stays as it is. */
export interface Wish {
  readonly login?: string | undefined
  readonly customer?: string | undefined
  readonly profile?: string | undefined
  /** Empty: every account. */
  readonly accounts?: readonly string[] | undefined
  readonly numberlists?: readonly string[] | undefined
  readonly networks?: readonly string[] | undefined
  readonly gateway?: string | null | undefined
}

/** Checks an input as far as that can be done without the database. */
export function wishOf(input: LoginInput): Wish {
  if (Object.keys(input).length === 0) throw new BadUserInputError('input', 'expected something to change.')
  refuseNulls(input)
  const { login, customerId, accessProfileId, outgoingNumberlistIds, allowedIps, provisionGatewayId } = input
  if (typeof login === 'string') checkLogin(login)
  return {
    login: login ?? undefined,
    customer: keyIn(contractors, customerId, 'input.customerId'),
    profile: keyIn(accessProfiles, accessProfileId, 'input.accessProfileId'),
    accounts: accountsIn(input),
    numberlists: keysIn(allNumberlists, outgoingNumberlistIds, 'input.outgoingNumberlistIds'),
    networks: networksIn(allowedIps),
    gateway: provisionGatewayId === null ? null : keyIn(gateways, provisionGatewayId, 'input.provisionGatewayId'),
  }
}

function refuseNulls(input: LoginInput): void {
  for (const [name, value] of Object.entries(input)) {
    if (value === null && name !== 'provisionGatewayId')
      throw new BadUserInputError(`input.${name}`, 'null is not a value; leave it out.')
  }
}

/** An empty list means every account to Yeti, so nobody may come by one without having said so. */
function accountsIn({ accountIds, allAccounts }: LoginInput): string[] | undefined {
  const keys = keysIn(contractorAccounts, accountIds, 'input.accountIds')
  if (allAccounts === true) {
    if (keys === undefined || keys.length === 0) return []
    throw new BadUserInputError('input.allAccounts', 'either every account or some of them: leave out `accountIds`.')
  }
  if (keys?.length === 0)
    throw new BadUserInputError(
      'input.accountIds',
      'empty would be every account: say `allAccounts: true` if it is to be.',
    )
  if (keys === undefined && allAccounts === false)
    throw new BadUserInputError('input.allAccounts', 'say which accounts instead, by `accountIds`.')
  return keys
}

function checkLogin(login: string): void {
  const problem = loginProblem(login)
  if (problem !== null) throw new BadUserInputError('input.login', problem)
}

function loginProblem(login: string): string | null {
  if (login.trim() === '') return 'expected a name.'
  if (login.trim() !== login) return 'has blanks at an end.'
  // Half a surrogate pair would be stored as another character than was sent.
  if (/[\p{Cc}\p{Cs}]/u.test(login)) return 'has a character that cannot be seen or stored.'
  return [...login].length > maxLogin ? `longer than ${maxLogin} characters.` : null
}

export function checkPassword(password: string, argument: string): void {
  if (!isPossiblePassword(password)) throw new BadUserInputError(argument, 'expected 1 to 72 bytes, none of them NUL.')
}

function keyIn(resource: Resource, id: string | null | undefined, argument: string): string | undefined {
  return id === null || id === undefined ? undefined : keyOf(resource, id, argument)
}

function keysIn(resource: Resource, ids: readonly string[] | null | undefined, argument: string): string[] | undefined {
  return listed(ids, argument)?.map((id, index) => keyOf(resource, id, `${argument}[${index}]`))
}

function networksIn(networks: readonly string[] | null | undefined): readonly string[] | undefined {
  listed(networks, 'input.allowedIps')?.forEach((network, index) => {
    checkNetwork(network, `input.allowedIps[${index}]`)
  })
  return networks ?? undefined
}

function checkNetwork(network: string, argument: string): void {
  if (!isNetwork(network))
    throw new BadUserInputError(argument, 'expected an IP address or a network, for instance 192.0.2.0/24.')
  const [address = ''] = network.split('/')
  // Addresses are compared as IPv4 wherever they can be, so this one would never match.
  if (isIP(address) === 6 && isIP(normalizeAddress(address) ?? '') === 4)
    throw new BadUserInputError(argument, 'write it as IPv4.')
}

function listed(values: readonly string[] | null | undefined, argument: string): readonly string[] | undefined {
  if (values === null || values === undefined) return undefined
  if (values.length > maxListed) throw new BadUserInputError(argument, `at most ${maxListed}.`)
  return values
}
