import { mapSchema, MapperKind } from '@graphql-tools/utils'
import type { GraphQLSchema } from 'graphql'
import { ConfigError, type Config, type SettingName } from '../../config.ts'
import { incomingCdrs } from '../incoming-cdr.ts'
import { outgoingCdrs } from '../outgoing-cdr.ts'
import type { Resource } from '../resource/resource.ts'

/** What of a call can be hidden, by Yeti's name: which of our fields say it. */
export type Hideable = ReadonlyMap<string, readonly string[]>

/**
 * Every attribute, also those that can only be filtered by, but for the key, and what lists are ordered by unless asked
 * otherwise, which their order and their first page tell anyway.
 */
export function hideable({ attributes, keyColumn, defaultOrder }: Resource): Hideable {
  const kept = new Set(defaultOrder.map(({ attribute }) => attribute))
  const own = [...attributes.values()].filter(({ name, read }) => !kept.has(name) && read.name !== keyColumn.name)
  return new Map([
    ...own.map(({ name, read }): [string, readonly string[]] => [read.name, [name]]),
    // A link to a recording says as much as the word that there is one.
    ['rec', ['rec', 'recording']],
  ])
}

/**
 * The schema without what the operator hides: nobody can ask for it, filter or order by it, choose by it what is
 * exported, or learn that it exists.
 * Throws `ConfigError` for names that hide nothing.
 */
export function withoutHidden(
  schema: GraphQLSchema,
  { outgoingCdr, incomingCdr }: Config['hiddenFields'],
): GraphQLSchema {
  const problems: string[] = []
  const hidden = new Set([
    ...coordinates('OUTGOING_CDR_HIDE_FIELDS', outgoingCdrs, outgoingCdr, problems),
    ...coordinates('INCOMING_CDR_HIDE_FIELDS', incomingCdrs, incomingCdr, problems),
  ])
  if (problems.length > 0) throw new ConfigError(problems)
  if (hidden.size === 0) return schema
  const unlessHidden = (_: unknown, field: string, type: string) => (hidden.has(`${type}.${field}`) ? null : undefined)
  return mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: unlessHidden,
    [MapperKind.INPUT_OBJECT_FIELD]: unlessHidden,
  })
}

function coordinates(setting: SettingName, resource: Resource, names: readonly string[], problems: string[]): string[] {
  const possible = hideable(resource)
  const unknown = names.filter((name) => !possible.has(name))
  if (unknown.length > 0)
    problems.push(`${setting}: expected some of ${[...possible.keys()].sort().join(', ')}; not ${unknown.join(', ')}`)
  const types = [
    resource.name,
    `${resource.name}Where`,
    `${resource.name}OrderBy`,
    `${resource.name}ExportFiltersInput`,
  ]
  const fields = names.flatMap((name) => possible.get(name) ?? []).flatMap((field) => [field, ...comparisons(field)])
  return fields.flatMap((field) => types.map((type) => `${type}.${field}`))
}

/** How the filter of exports, which has no comparisons of its own, calls those of an attribute. */
function comparisons(field: string): string[] {
  return [`${field}Gte`, `${field}Lte`]
}
