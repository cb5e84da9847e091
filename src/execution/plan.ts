import {
  getNamedType,
  isLeafType,
  isObjectType,
  Kind,
  TypeInfo,
  TypeNameMetaFieldDef,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionNode,
} from 'graphql'
import { plainReader } from '../schema/resource/plain.ts'
import { valuesField } from '../schema/resource/values-field.ts'

/** One value of an object, under the key of its answer. */
export interface Cell {
  readonly key: string
  /** null: it is not read, since it is denied. */
  readonly read: ((source: unknown) => unknown) | null
  /** What guards it; null for what needs no asking. */
  readonly guarded: { readonly field: GraphQLField<unknown, unknown>; readonly node: FieldNode } | null
}

/** A cell that is read. */
export interface ReadCell extends Cell {
  readonly read: (source: unknown) => unknown
}

/** The cells that stand together below one `__values`. */
export interface Cells {
  /** Those that are not denied. */
  readonly read: readonly ReadCell[]
  /** The keys of all, without values yet. */
  readonly blank: Readonly<Record<string, unknown>>
}

const cellsOf = new WeakMap<FieldNode, Cells>()

/** What a `__values` of an operation reads. Throws for one that was not made here. */
export function cellsAt(node: FieldNode | undefined): Cells {
  const cells = node && cellsOf.get(node)
  if (!cells) throw new TypeError(`${valuesField} is not a field that can be asked for`)
  return cells
}

/**
 * Objects that get their keys one by one become slow ones in V8 when they have many; copies of one that JSON made stay
 * fast, to fill and to turn into text.
 */
function blankOf(cells: readonly Cell[]): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(Object.fromEntries(cells.map(({ key }) => [key, null])))) as Record<string, null>
}

/** No key of an answer can begin with it: it stands in no name of GraphQL. */
export const valuesMark = '#'

export interface Plan {
  readonly document: DocumentNode
  /** The placeholders that are not among the values: null is still to be put there. */
  readonly placeholders: ReadonlySet<FieldNode>
}

/**
 * The operation as it is executed. Plain fields that stand next to each other become one field, `#0: __values { … }`,
 * and so do the placeholders of what is `denied` there, whose value is null. Everything else stays what it is.
 */
export function plan(document: DocumentNode, schema: GraphQLSchema, denied: ReadonlySet<FieldNode>): Plan {
  const types = new TypeInfo(schema)
  const placeholders = new Set(denied)
  let count = 0

  function together(run: readonly FieldNode[], cells: readonly Cell[]): FieldNode {
    const node: FieldNode = {
      kind: Kind.FIELD,
      alias: { kind: Kind.NAME, value: `${valuesMark}${count++}` },
      name: { kind: Kind.NAME, value: valuesField },
      selectionSet: { kind: Kind.SELECTION_SET, selections: run.filter((each) => !denied.has(each)) },
    }
    cellsOf.set(node, { read: cells.filter(isRead), blank: blankOf(cells) })
    for (const each of run) placeholders.delete(each)
    return node
  }

  function grouped(selections: readonly SelectionNode[], parent: GraphQLObjectType): SelectionNode[] {
    const result: SelectionNode[] = []
    let run: FieldNode[] = []
    let cells: Cell[] = []
    const close = (): void => {
      if (run.length > 0) result.push(together(run, cells))
      ;[run, cells] = [[], []]
    }
    for (const selection of selections) {
      const cell = selection.kind === Kind.FIELD ? cellOf(selection, parent, denied) : null
      if (selection.kind === Kind.FIELD && cell) {
        run.push(selection)
        cells.push(cell)
      } else {
        close()
        result.push(selection)
      }
    }
    close()
    return result
  }

  const grouping = visit(
    document,
    visitWithTypeInfo(types, {
      SelectionSet: {
        leave(node) {
          const parent = types.getParentType()
          if (!isObjectType(parent) || !hasPlainFields(parent)) return undefined
          return { ...node, selections: grouped(node.selections, parent) }
        },
      },
    }),
  )
  return { document: grouping, placeholders }
}

const plainTypes = new WeakMap<GraphQLObjectType, boolean>()

/** Whether objects of this type have anything that can be read without asking a resolver for each. */
export function hasPlainFields(type: GraphQLObjectType): boolean {
  let has = plainTypes.get(type)
  if (has === undefined) {
    has = Object.values(type.getFields()).some((field) => plainReader(field) !== undefined)
    plainTypes.set(type, has)
  }
  return has
}

function cellOf(node: FieldNode, parent: GraphQLObjectType, denied: ReadonlySet<FieldNode>): Cell | null {
  const key = node.alias?.value ?? node.name.value
  // What directives decide is left to the executor, and that one key would be no property.
  if (node.directives?.length || key === '__proto__') return null
  if (denied.has(node)) return { key, read: null, guarded: null }
  if (node.name.value === TypeNameMetaFieldDef.name) return { key, read: () => parent.name, guarded: null }
  const field = parent.getFields()[node.name.value]
  const read = field && plainReader(field)
  if (!field || !read) return null
  if (!isLeafType(getNamedType(field.type))) throw new TypeError(`${parent.name}.${field.name} is not plain`)
  return { key, read, guarded: { field, node } }
}

function isRead(cell: Cell): cell is ReadCell {
  return cell.read !== null
}
