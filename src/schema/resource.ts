import { raw, type DatabaseName, type Sql } from '../backends/databases.ts'
import type { Column, OrderKey, Table } from '../backends/rows.ts'
import type { TenantScope } from '../backends/tenancy.ts'
import { ruleOf, type Rule, type RuleMap } from '../permissions/rule.ts'
import { kinds, type Kind, type KindName } from './kinds.ts'

/** One attribute of a resource: where it is read, under which rule, and what can be done with it. */
export interface Attribute {
  readonly kind: KindName
  readonly description: string
  /** When the column is not the attribute's name in snake_case. */
  readonly column?: string
  /** When it is computed; then there is no column. */
  readonly expression?: Sql
  /** What is needed besides the resource's own rule. */
  readonly rule?: RuleMap
  /** false: can be filtered by, as in Yeti, but is not shown. */
  readonly shown?: boolean
  readonly filter?: boolean
  readonly order?: boolean
  readonly nullable?: boolean
}

export interface ResourceDefinition {
  readonly name: string
  readonly description: string
  /** What every attribute needs. */
  readonly rule: RuleMap
  /** What `id` needs, when that is less. */
  readonly idRule?: RuleMap
  readonly database: DatabaseName
  readonly table: string
  /** The public key of Yeti, which global ids carry. */
  readonly key: { readonly column: string; readonly kind: 'uuid' | 'bigint' }
  /** The column that breaks ties in every order; unique. */
  readonly tieBreaker: { readonly column: string; readonly kind: 'integer' | 'bigint' | 'uuid' }
  readonly scope: (tenant: TenantScope) => Sql
  /** The column with the internal id of the account it belongs to. */
  readonly accountColumn?: string
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly defaultOrder: readonly { readonly attribute: string; readonly descending: boolean }[]
  /** Columns that further fields need, by field. */
  readonly fieldColumns?: Readonly<Record<string, readonly string[]>>
  /** What a list shows when its filter does not say otherwise. */
  readonly defaultConditions?: (where: Readonly<Record<string, unknown>>) => readonly Sql[]
}

export interface ResourceAttribute extends Attribute {
  readonly name: string
  readonly kindOf: Kind
  readonly read: Column
  readonly ruleMap: RuleMap
}

/** A kind of Yeti record with its columns, rules, filters and orders; everything about reading it derives from here. */
export interface Resource extends Omit<ResourceDefinition, 'attributes' | 'table' | 'rule' | 'idRule'> {
  readonly table: Table
  readonly ruleMap: RuleMap
  readonly idRuleMap: RuleMap
  /** What somebody needs who asks for one by its id. */
  readonly nodeRule: Rule
  readonly attributes: ReadonlyMap<string, ResourceAttribute>
  readonly keyColumn: Column
  readonly tieBreakerKey: OrderKey
  /** The columns that a field reads; empty for what the resource does not know. */
  columnsOf(field: string): readonly Column[]
}

export function plainColumn(name: string): Column {
  return { name, expression: raw(`"${name}"`) }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function resourceAttribute(name: string, attribute: Attribute, rule: RuleMap): ResourceAttribute {
  const column = attribute.column ?? snakeCase(name)
  return {
    ...attribute,
    name,
    kindOf: kinds[attribute.kind],
    read: { name: column, expression: attribute.expression ?? raw(`"${column}"`) },
    ruleMap: { ...rule, ...attribute.rule },
  }
}

export function resource(definition: ResourceDefinition): Resource {
  const { attributes, rule, idRule = rule, table, ...rest } = definition
  const all = new Map(
    Object.entries(attributes).map(([name, attribute]) => [name, resourceAttribute(name, attribute, rule)]),
  )
  const keyColumn = plainColumn(definition.key.column)
  const accountColumns = definition.accountColumn ? [plainColumn(definition.accountColumn)] : []
  const fieldColumns = new Map<string, readonly Column[]>([
    ...[...all.values()].map((attribute) => [attribute.name, [attribute.read]] as const),
    ['id', [keyColumn]],
    ['accountId', accountColumns],
    ['account', accountColumns],
    ...Object.entries(definition.fieldColumns ?? {}).map(
      ([field, columns]) => [field, columns.map((name) => columnNamed(all, name))] as const,
    ),
  ])
  return {
    ...rest,
    table: { database: definition.database, name: table },
    ruleMap: rule,
    idRuleMap: idRule,
    nodeRule: ruleOf(idRule),
    attributes: all,
    keyColumn,
    tieBreakerKey: {
      column: plainColumn(definition.tieBreaker.column),
      descending: false,
      nullable: false,
      sqlType: kinds[definition.tieBreaker.kind].sqlType,
    },
    columnsOf: (field) => fieldColumns.get(field) ?? [],
  }
}

/** A column by name; a computed attribute may be asked for by its name too. */
function columnNamed(attributes: ReadonlyMap<string, ResourceAttribute>, name: string): Column {
  const computed = [...attributes.values()].find((attribute) => attribute.expression && attribute.read.name === name)
  return computed?.read ?? plainColumn(name)
}
