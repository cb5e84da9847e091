import type { GraphQLResolveInfo } from 'graphql'
import type { TextRow } from '../../backends/text-row.ts'
import { BadUserInputError } from '../../errors.ts'
import type { Viewer } from '../../identity/viewer.ts'
import { denialOf } from '../../permissions/rule.ts'
import { builder } from '../builder.ts'
import type { Context } from '../context.ts'
import { decodeGlobalId, type GlobalId } from './global-id.ts'
import { isKey, publicKey } from './list-query.ts'
import { columnsFor, loadRow } from './loading.ts'
import { administrators, everybody, type Resource } from './resource.ts'
import { selectionOf } from './selection.ts'

const resources = new Map<string, Resource>()

/** Which resource each row that came through `node` belongs to. */
const typeOfRow = new WeakMap<TextRow, string>()

/** Makes a resource findable by its global id. */
export function registerNode(resource: Resource): void {
  resources.set(resource.name, resource)
}

/** The resource that a global id names; null for one that is not an id of ours. */
export function resourceOfId(id: string): { resource: Resource; id: GlobalId } | null {
  const decoded = decodeGlobalId(id)
  const resource = decoded && resources.get(decoded.type)
  return resource && isKey(resource, decoded.key) ? { resource, id: decoded } : null
}

export const Node = builder.interfaceRef<TextRow>('Node').implement({
  description: 'An object with a global id.',
  resolveType: (row) => typeOfRow.get(row),
  fields: (t) => ({
    id: t.id({
      nullable: false,
      authScopes: { authenticated: true },
      resolve: () => {
        throw new TypeError('Every type has an id of its own')
      },
    }),
  }),
})

/** Rows of tenants are for customers, what administrators manage is for them, reference data for whoever has signed in. */
function isAsked({ scope }: Resource, { kind }: Viewer): boolean {
  if (scope === everybody) return true
  return kind === (scope === administrators ? 'admin' : 'customer')
}

/** How many objects one `nodes(ids:)` may ask for. */
const maxNodes = 100

/**
 * The tenant's object with this id, or null: for a foreign one, a missing one, and one whose type the profile
 * does not allow, without asking the database in that case.
 */
async function loadNode(
  context: Context,
  id: string,
  argument: string,
  info: GraphQLResolveInfo,
): Promise<TextRow | null> {
  const found = resourceOfId(id)
  if (!found) throw new BadUserInputError(argument, 'not an id.')
  const { resource } = found
  if (!isAsked(resource, context.viewer) || denialOf(resource.nodeRule, context.viewer.scopes)) return null
  const columns = columnsFor(resource, selectionOf(info, info.fieldNodes, resource.name))
  const row = await loadRow(context, resource, publicKey(resource), found.id.key, columns)
  if (row) typeOfRow.set(row, resource.name)
  return row
}

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    description: 'The object with this id; null when there is none that this login may see.',
    authScopes: { authenticated: true },
    extensions: { typesFromIds: 'id' },
    args: { id: t.arg.id({ required: true, authScopes: { authenticated: true } }) },
    resolve: (_, { id }, context, info) => loadNode(context, id, 'id', info),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: true, items: true },
    description: `The objects with these ids, at most ${maxNodes}, in their order; null for each that this login may not see.`,
    authScopes: { authenticated: true },
    extensions: {
      typesFromIds: 'ids',
      rows: { args: ['ids'], count: ({ ids }: Record<string, unknown>) => (Array.isArray(ids) ? ids.length : 1) },
    },
    args: { ids: t.arg.idList({ required: true, authScopes: { authenticated: true } }) },
    resolve: (_, { ids }, context, info) => {
      if (ids.length > maxNodes) throw new BadUserInputError('ids', `at most ${maxNodes}.`)
      return Promise.all(ids.map((id, index) => loadNode(context, id, `ids[${index}]`, info)))
    },
  }),
}))
