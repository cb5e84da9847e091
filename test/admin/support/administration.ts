import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kind, parse, print } from 'graphql'
import { adminSelections } from '../../permissions/support/admin-selections.ts'
import type { Sample } from '../../permissions/support/arguments.ts'
import { documentOf } from '../../permissions/support/document.ts'
import { startPortal } from '../../permissions/support/portal.ts'
import { objectsIn, type Found } from '../../permissions/support/sample.ts'
import type { Selection } from '../../permissions/support/selections.ts'
import type { Gateway } from '../../support/gateway.ts'
import { sections } from './design.ts'
import { rightArguments, type World } from './right-arguments.ts'

/** A gateway whose file of roles has one for each capability, so that anybody's roles can be put together. */
export interface Administration extends AsyncDisposable {
  readonly gateway: Gateway
  readonly sample: Sample
  /** A token of the administrator who may everything. */
  readonly root: string
  /** A token of a customer's login with every flag on. */
  readonly customer: string
  /** A token of an administrator whose roles allow just these capabilities. */
  tokenWith(capabilities: readonly string[]): Promise<string>
  /** The field of a root with arguments that it takes; for mutations others each time. */
  withRightArguments(root: Selection): Promise<Selection>
}

export const capabilities = Object.keys(sections)

export async function startAdministration(settings: Readonly<Record<string, string>> = {}): Promise<Administration> {
  const directory = await mkdtemp(join(tmpdir(), 'roles-'))
  const file = join(directory, 'policy_roles.yml')
  await writeFile(file, Object.entries(sections).map(([name, [section, action]]) => `may_${name}:\n  ${section}:\n    ${action}: true\n`).join('')) // prettier-ignore
  const gateway = await startPortal({ ADMIN_POLICY_FILE: file, ...settings })
  const root = await gateway.admin()
  await leaveTraces(gateway, root)
  const found = await takeAdminSample(gateway, root)
  const sample = { ...found, given: await givenTo({ gateway, sample: found, root }) }
  const tokens = new Map<string, Promise<string>>()
  return {
    gateway,
    sample,
    root,
    customer: (await gateway.login('everything')).token,
    tokenWith(names) {
      const name = ['may', ...names.toSorted()].join(' ')
      const token = tokens.get(name) ?? gateway.admin(name, ['nothing', ...names.map((each) => `may_${each}`)])
      tokens.set(name, token)
      return token
    },
    async withRightArguments(selection) {
      const args = await rightArguments[`${selection.on}.${selection.field}`]?.({ gateway, sample, root })
      return args === undefined ? selection : { ...selection, args }
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** The right arguments of queries, one by one: everything below is asked for with them too. */
async function givenTo(world: World): Promise<Record<string, string>> {
  const queries = Object.entries(rightArguments).filter(([name]) => name.startsWith('Query.'))
  const given = queries.map(async ([name, args]) => {
    const [definition] = parse(`{ field${await args(world)} }`).definitions
    const [field] = definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections : []
    const written = field?.kind === Kind.FIELD ? (field.arguments ?? []) : []
    return written.map((each) => [`${name}(${each.name.value}:)`, print(each.value)] as const)
  })
  return Object.fromEntries((await Promise.all(given)).flat())
}

/** Something in the audit log, and in the counts of what was denied. */
async function leaveTraces({ ask, primary }: Gateway, token: string): Promise<void> {
  const { errors } = await ask('mutation { createAccessProfile(input: { name: "traced" }) { id } }', { token })
  if (errors) throw new Error(errors.map(({ message }) => message).join('; '))
  await primary.query(
    `INSERT INTO portal.denials (day, viewer_kind, login_id, viewer_name, permission, count)
     SELECT current_date, 'login', id, login, 'INVOICES', 7 FROM sys.api_access WHERE login = 'bob'`,
  )
}

/** The object of each type that has most values, among those of the lists that need no argument. */
async function takeAdminSample(gateway: Gateway, token: string): Promise<Sample> {
  const now = Date.now()
  const first: Sample = {
    accountId: '',
    fromTime: new Date(now - 86_400_000).toISOString(),
    toTime: new Date(now).toISOString(),
    ids: {},
    given: {},
  }
  const richest = new Map<string, Found>()
  const lists = adminSelections(first).filter(({ on, below }) => on === 'Query' && below.some(({ field }) => field === 'nodes')) // prettier-ignore
  for (const list of lists) {
    const { data } = await gateway.ask(documentOf([list]).replaceAll('first: 3', 'first: 20'), { token })
    for (const found of objectsIn(data)) {
      if (found.values > (richest.get(found.type)?.values ?? 0)) richest.set(found.type, found)
    }
  }
  const ids = Object.fromEntries([...richest].map(([type, { id }]) => [type, id]))
  return { ...first, accountId: ids['ContractorAccount'] ?? '', ids }
}
