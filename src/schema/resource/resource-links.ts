import { allRules } from '../../permissions/rule.ts'
import { builder } from '../builder.ts'
import { encodeGlobalId } from './global-id.ts'
import { loadInternal, loadLinked } from './loading.ts'
import { linkIdName, type Resource, type ResourceLink } from './resource.ts'
import type { ResourceRef } from './resource-type.ts'

/** Whether more is needed for what the other shows than for the link to it. */
function needsMore({ to, ruleMap }: ResourceLink): boolean {
  return Object.keys(allRules(ruleMap, to.ruleMap)).length > Object.keys(ruleMap).length
}

/** The two fields of a to-one link, `<name>Id` and `<name>`: they need what the row needs and what the other's id needs. */
export function linkFields(from: Resource, ref: ResourceRef, name: string, toRef: ResourceRef): void {
  const link = from.links.get(name)
  if (!link) throw new TypeError(`${from.name} has no link ${name}`)
  const { to, column, description, ruleMap } = link
  builder.objectFields(ref, (t) => ({
    [linkIdName(name)]: t.id({
      description: `${description}, by its global id.`,
      authScopes: ruleMap,
      resolve: async (row, _args, context) => {
        const linked = await loadInternal(context, to, row.text(column), [to.keyColumn])
        return linked && encodeGlobalId(to.name, linked.text(to.keyColumn.name) ?? '')
      },
    }),
    [name]: t.field({
      type: toRef,
      description: needsMore(link) ? `${description}. Its own fields need their own flag.` : `${description}.`,
      authScopes: ruleMap,
      resolve: (row, _args, context, info) => loadLinked(context, to, row.text(column), info),
    }),
  }))
}
