import {
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLResolveInfo,
} from 'graphql'
import { ForbiddenError, UnauthenticatedError } from '../../errors.ts'
import type { Viewer } from '../../identity/viewer.ts'
import { denialOf, type Rule } from '../../permissions/rule.ts'
import { ruleAt } from './rules.ts'

/** An argument or input field that a call really uses. */
export interface UsedInput {
  readonly coordinate: string
  /** As the caller wrote it: `where.timeStart.gte`, `orderBy[0].timeStart`. */
  readonly path: string
  readonly rule: Rule
}

/** What of these arguments is used, down to the input fields. `null` is not a use: it filters nothing. */
export function usedInputs(
  fieldCoordinate: string,
  definitions: readonly GraphQLArgument[],
  args: Readonly<Record<string, unknown>>,
): UsedInput[] {
  return definitions.flatMap((definition) => {
    const value = args[definition.name]
    if (value === undefined || value === null) return []
    return [
      { coordinate: `${fieldCoordinate}(${definition.name}:)`, path: definition.name, rule: ruleAt(definition) },
      ...usedFields(definition.type, value, definition.name),
    ]
  })
}

function usedFields(type: GraphQLInputType, value: unknown, path: string): UsedInput[] {
  if (isNonNullType(type)) return usedFields(type.ofType, value, path)
  if (isListType(type)) {
    const items = Array.isArray(value) ? value : [value]
    return items.flatMap((item, index) => usedFields(type.ofType, item, `${path}[${index}]`))
  }
  if (!isInputObjectType(type) || typeof value !== 'object' || value === null) return []
  const fields = type.getFields()
  return Object.entries(value).flatMap(([name, item]) => {
    const field = fields[name]
    if (field === undefined || item === undefined || item === null) return []
    const at = `${path}.${name}`
    return [{ coordinate: `${type.name}.${name}`, path: at, rule: ruleAt(field) }, ...usedFields(field.type, item, at)]
  })
}

/** The second wall where scope-auth has none: throws when the viewer may not have the field. */
export function assertFieldAllowed({ parentType, fieldName }: GraphQLResolveInfo, viewer: Viewer): void {
  const field = parentType.getFields()[fieldName]
  if (field === undefined) throw new TypeError(`No field ${fieldName}`)
  const denial = denialOf(ruleAt(field), viewer.scopes)
  if (denial?.code === 'FORBIDDEN') throw new ForbiddenError(denial.permission, `${parentType.name}.${fieldName}`)
  if (denial) throw new UnauthenticatedError()
}

/** The second wall for arguments, at the resolver: throws for the first one that the viewer may not use. */
export function assertArgumentsAllowed(info: GraphQLResolveInfo, args: object, viewer: Viewer): void {
  const field = info.parentType.getFields()[info.fieldName]
  if (field === undefined) throw new TypeError(`No field ${info.fieldName}`)
  for (const used of usedInputs(`${info.parentType.name}.${info.fieldName}`, field.args, { ...args })) {
    const denial = denialOf(used.rule, viewer.scopes)
    if (denial?.code === 'FORBIDDEN') throw new ForbiddenError(denial.permission, used.coordinate)
    if (denial) throw new UnauthenticatedError()
  }
}
