import type { Sample } from '../../permissions/support/arguments.ts'
import type { Gateway } from '../../support/gateway.ts'

export interface World {
  readonly gateway: Gateway
  readonly sample: Sample
  /** A token of the administrator who may everything. */
  readonly root: string
}

type Arguments = (world: World) => Promise<string> | string

let count = 0
const fresh = (word: string) => `${word} ${process.pid} ${++count}`

function id({ sample }: World, type: string): string {
  return JSON.stringify(sample.ids[type] ?? '')
}

function globalId(type: string, key: number | undefined): string {
  return JSON.stringify(Buffer.from(`${type}:${key}`).toString('base64'))
}

/** A profile that no login has, with its version. */
async function newProfile(world: World): Promise<string> {
  const { rows } = await world.gateway.primary.query<{ id: number }>(
    'INSERT INTO sys.customer_portal_access_profiles (name, created_at, updated_at) VALUES ($1, now(), now()) RETURNING id',
    [fresh('profile')],
  )
  return versioned(world, 'accessProfile', globalId('CustomerPortalAccessProfile', rows[0]?.id))
}

/** A login like alice's, with its version. */
async function newLogin(world: World): Promise<string> {
  const { rows } = await world.gateway.primary.query<{ id: number }>(
    `INSERT INTO sys.api_access (customer_id, account_ids, allow_outgoing_numberlists_ids, login, password_digest, customer_portal_access_profile_id)
     SELECT customer_id, account_ids, allow_outgoing_numberlists_ids, $1, password_digest, customer_portal_access_profile_id FROM sys.api_access WHERE login = 'alice' RETURNING id`,
    [fresh('login')],
  )
  return versioned(world, 'portalLogin', globalId('PortalLogin', rows[0]?.id))
}

async function versioned({ gateway, root }: World, field: string, own: string): Promise<string> {
  const { data } = await gateway.ask(`{ ${field}(id: ${own}) { version } }`, { token: root })
  return `id: ${own}, version: "${data[field].version}"`
}

const withoutVersion = (args: string) => args.replace(/, version: "\w+"$/, '')

async function exported({ gateway, root, sample }: World): Promise<string> {
  const query = `{ exportAccessProfiles(ids: [${id({ gateway, root, sample }, 'CustomerPortalAccessProfile')}]) }`
  const { data } = await gateway.ask(query, { token: root })
  const { profiles, ...rest } = data.exportAccessProfiles
  return literalOf({ ...rest, profiles: [{ ...profiles[0], name: fresh('imported') }] })
}

function literalOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literalOf).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{ ${Object.entries(value).map(([name, item]) => `${name}: ${literalOf(item)}`).join(', ')} }` // prettier-ignore
}

const explained = JSON.stringify('{ invoices(where: { amountSpent: { gt: "1" } }) { nodes { reference } } accounts { totalCount } }') // prettier-ignore

/**
 * Arguments that are not only of the right type, for each of the administrators' fields at the root that needs some, and
 * for each mutation: they are asked for with these wherever the answer is to be looked at. A mutation gets others each time.
 */
export const rightArguments: Readonly<Record<string, Arguments>> = {
  'Query.accessProfile': (world) => `(id: ${id(world, 'CustomerPortalAccessProfile')})`,
  'Query.portalLogin': (world) => `(id: ${id(world, 'PortalLogin')})`,
  'Query.accessProfileSchema': (world) => `(profileId: ${id(world, 'CustomerPortalAccessProfile')})`,
  'Query.compareAccessProfiles': async (world) =>
    `(a: ${id(world, 'CustomerPortalAccessProfile')}, b: ${withoutVersion(await newProfile(world)).slice('id: '.length)})`,
  'Query.explainAccess': (world) => `(profileId: ${id(world, 'CustomerPortalAccessProfile')}, query: ${explained})`,
  'Query.previewAccessProfileChange': (world) =>
    `(id: ${id(world, 'CustomerPortalAccessProfile')}, input: { invoices: false, account: false })`,
  'Mutation.createAccessProfile': () => `(input: { name: "${fresh('created')}", invoices: true })`,
  'Mutation.updateAccessProfile': async (world) => `(${await newProfile(world)}, input: { invoices: false })`,
  'Mutation.cloneAccessProfile': (world) =>
    `(id: ${id(world, 'CustomerPortalAccessProfile')}, name: "${fresh('clone')}", input: { invoices: false })`,
  'Mutation.deleteAccessProfile': async (world) => `(${await newProfile(world)})`,
  'Mutation.importAccessProfiles': async (world) =>
    `(input: { profiles: ${await exported(world)}, dryRun: false, onExisting: UPDATE })`,
  'Mutation.createPortalLogin': (world) =>
    `(input: { login: "${fresh('created')}", password: "long enough", customerId: ${id(world, 'Contractor')}, accessProfileId: ${id(world, 'CustomerPortalAccessProfile')}, allAccounts: true })`,
  'Mutation.updatePortalLogin': async (world) => `(${await newLogin(world)}, input: { login: "${fresh('renamed')}" })`,
  'Mutation.deletePortalLogin': async (world) => `(${await newLogin(world)})`,
  'Mutation.setPortalLoginPassword': async (world) =>
    `(${withoutVersion(await newLogin(world))}, password: "another one")`,
  'Mutation.signOutPortalLogin': async (world) => `(${withoutVersion(await newLogin(world))})`,
  'Mutation.actAsPortalLogin': (world) => `(id: ${id(world, 'PortalLogin')})`,
}
