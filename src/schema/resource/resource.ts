import { raw, sql, type SourceName, type Sql } from '../../backends/databases.ts'
import type { Column, OrderKey, Table } from '../../backends/rows.ts'
import type { TenantScope } from '../../backends/tenancy.ts'
import { administratorOf, tenantOf, type Context } from '../context.ts'
import { allRules, ruleOf, type Rule, type RuleMap } from '../../permissions/rule.ts'
import type { EnumKind } from './enum-kind.ts'
import { kinds, type Kind, type KindName } from './kinds.ts'

/** One attribute of a resource: where it is read, under which rule, and what can be done with it. */
export interface Attribute {
  /** A named kind, or an enum made with `enumKind()`. */
  readonly kind: KindName | EnumKind
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

/** A to-one link: this resource's rows hold the internal id of the other's row. */
export interface Link {
  readonly to: Resource
  /** The column of this resource with the other's `id`. */
  readonly column: string
  /** What the link leads to, for descriptions: `The account`. */
  readonly description: string
  /** Lists can be ordered by it, which is by the other's internal id, as in Yeti. */
  readonly order?: true
}

/** A filter by the ids of other objects, which may be far away. */
export interface IdFilter {
  readonly to: Resource
  readonly description: string
  /** The condition for internal ids of the other resource. Only those that the tenant may see arrive here. */
  readonly condition: (ids: readonly string[]) => Sql
}

export interface ResourceDefinition {
  readonly name: string
  readonly description: string
  /** What every attribute needs. */
  readonly rule: RuleMap
  /** What `id` needs, when that is less. */
  readonly idRule?: RuleMap
  readonly database: SourceName
  readonly table: string
  /** The public key of Yeti, which global ids carry. */
  readonly key: { readonly column: string; readonly kind: 'uuid' | 'bigint' }
  /** The column that breaks ties in every order; unique. */
  readonly tieBreaker: { readonly column: string; readonly kind: 'integer' | 'bigint' | 'uuid' }
  /**
   * Which rows a tenant may see; `everybody` for reference data, which belongs to nobody; `administrators` for what is
   * theirs alone, all of it.
   */
  readonly scope: ((tenant: TenantScope) => Sql) | typeof everybody | typeof administrators
  /** By the name of the link, each of which gives a filter of the same name with `Id`. */
  readonly links?: Readonly<Record<string, Link>>
  /** Filters beside those of the links, by their names. */
  readonly idFilters?: Readonly<Record<string, IdFilter>>
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly defaultOrder: readonly { readonly attribute: string; readonly descending: boolean }[]
  /** Columns that further fields need, by field. */
  readonly fieldColumns?: Readonly<Record<string, readonly string[]>>
  /** What a list shows when its filter does not say otherwise. */
  readonly defaultConditions?: (where: Readonly<Record<string, unknown>>) => readonly Sql[]
}

/** A link with what its fields, filter and order need: that there is such an object is as much as its own id says. */
export interface ResourceLink extends Link {
  readonly name: string
  readonly ruleMap: RuleMap
}

/** `account` → `accountId`, the name of the field, filter and order by the id of what a link leads to. */
export function linkIdName(name: string): string {
  return `${name}Id`
}

/** The scope of what every signed-in login may see. */
export const everybody = 'everybody'

/** The scope of what administrators manage; which of them may see it is the rule's to say. */
export const administrators = 'administrators'

export interface ResourceAttribute extends Attribute {
  readonly name: string
  readonly kindOf: Kind | EnumKind
  readonly read: Column
  readonly ruleMap: RuleMap
}

/** A kind of Yeti record with its columns, rules, filters and orders; everything about reading it derives from here. */
export interface Resource extends Omit<ResourceDefinition, 'attributes' | 'table' | 'rule' | 'idRule' | 'links'> {
  readonly links: ReadonlyMap<string, ResourceLink>
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
    kindOf: typeof attribute.kind === 'string' ? kinds[attribute.kind] : attribute.kind,
    read: { name: column, expression: attribute.expression ?? raw(`"${column}"`) },
    ruleMap: { ...rule, ...attribute.rule },
  }
}

function resourceLink(name: string, link: Link, rule: RuleMap): ResourceLink {
  return { ...link, name, ruleMap: allRules(rule, link.to.idRuleMap) }
}

export function resource(definition: ResourceDefinition): Resource {
  const { attributes, rule, idRule = rule, table, links = {}, ...rest } = definition
  const all = new Map(
    Object.entries(attributes).map(([name, attribute]) => [name, resourceAttribute(name, attribute, rule)]),
  )
  const keyColumn = plainColumn(definition.key.column)
  const fieldColumns = new Map<string, readonly Column[]>([
    ...[...all.values()].map((attribute) => [attribute.name, [attribute.read]] as const),
    ['id', [keyColumn]],
    ...Object.entries(links).flatMap(([name, { column }]) =>
      [name, linkIdName(name)].map((field) => [field, [plainColumn(column)]] as const),
    ),
    ...Object.entries(definition.fieldColumns ?? {}).map(
      ([field, columns]) => [field, columns.map((name) => columnNamed(all, name))] as const,
    ),
  ])
  return {
    ...rest,
    table: { database: definition.database, name: table },
    ruleMap: rule,
    idRuleMap: idRule,
    links: new Map(Object.entries(links).map(([name, link]) => [name, resourceLink(name, link, rule)])),
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

/** The rows of a resource that whoever asks may see. */
export function scopeOf({ scope }: Resource, context: Context): Sql {
  if (scope === everybody) return sql`TRUE`
  if (scope !== administrators) return scope(tenantOf(context))
  administratorOf(context)
  return sql`TRUE`
}

/** A column by name; a computed attribute may be asked for by its name too. */
function columnNamed(attributes: ReadonlyMap<string, ResourceAttribute>, name: string): Column {
  const computed = [...attributes.values()].find((attribute) => attribute.expression && attribute.read.name === name)
  return computed?.read ?? plainColumn(name)
}
