import { mapSchema, MapperKind } from '@graphql-tools/utils'
import {
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  locatedError,
  type GraphQLResolveInfo,
} from 'graphql'
import type { Scopes } from '../permissions/scopes.ts'
import type { Context } from '../schema/context.ts'
import { valuesField } from '../schema/resource/values-field.ts'
import { cellsAt, hasPlainFields, type Cell, type Cells } from './plan.ts'

const schemas = new WeakMap<GraphQLSchema, GraphQLSchema>()

/** The schema that planned operations are executed on: every type with plain fields can be asked for its values. */
export function executable(schema: GraphQLSchema): GraphQLSchema {
  let known = schemas.get(schema)
  if (!known) schemas.set(schema, (known = withValues(schema)))
  return known
}

// Not null: without its values an object is none.
const Values = new GraphQLNonNull(new GraphQLScalarType({ name: 'Values', serialize: (values) => values }))

function withValues(schema: GraphQLSchema): GraphQLSchema {
  const mapped = mapSchema(schema, {
    [MapperKind.OBJECT_TYPE]: (type) => {
      if (!hasPlainFields(type)) return undefined
      const { fields, ...config } = type.toConfig()
      return new GraphQLObjectType({
        ...config,
        fields: { ...fields, [valuesField]: { type: Values, resolve: readValues } },
      })
    },
  })
  // A name that begins with two underscores is ours to give only where nobody reads the schema.
  return new GraphQLSchema({ ...mapped.toConfig(), assumeValid: true })
}

/** The selections that each set of permissions was found to allow. */
const allowed = new WeakMap<Scopes, WeakSet<Cells>>()

/**
 * The plain fields of one object. Rules depend on the viewer's scopes alone, which never change, so the fields' own
 * resolvers, with scope-auth in them, are asked once per selection and set of scopes, before the first value is read,
 * and not for each row.
 */
function readValues(source: unknown, _args: object, context: Context, info: GraphQLResolveInfo): object {
  const cells = cellsAt(info.fieldNodes[0])
  const { scopes } = context.viewer
  let passed = allowed.get(scopes)
  if (!passed) allowed.set(scopes, (passed = new WeakSet()))
  if (!passed.has(cells)) {
    for (const cell of cells.read) askWall(cell, source, context, info)
    passed.add(cells)
  }
  // What is denied altogether is the same for every row.
  if (cells.read.length === 0) return cells.blank
  const values: Record<string, unknown> = { ...cells.blank }
  for (const { key, read } of cells.read) values[key] = read(source)
  return values
}

/** The second wall: throws what the field itself would. */
function askWall({ key, guarded }: Cell, source: unknown, context: Context, info: GraphQLResolveInfo): void {
  if (!guarded) return
  const { field, node } = guarded
  const path = { ...info.path, key }
  try {
    const answer: unknown = field.resolve?.(source, {}, context, {
      ...info,
      fieldName: field.name,
      fieldNodes: [node],
      returnType: field.type,
      path,
    })
    // A wall that has not decided yet would let values pass until it has.
    if (answer instanceof Promise) throw new TypeError(`${field.name} is not plain: it waits`)
  } catch (error) {
    throw locatedError(error, node, [...keysOf(path)])
  }
}

function* keysOf(path: GraphQLResolveInfo['path']): Generator<string | number> {
  if (path.prev) yield* keysOf(path.prev)
  yield path.key
}
