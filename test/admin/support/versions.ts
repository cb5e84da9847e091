import { expect } from 'vitest'
import { parse, type ScalarTag } from 'yaml'
import type { Gateway } from '../../support/gateway.ts'

export interface Version {
  readonly id: number
  readonly item_type: string
  readonly item_id: string
  readonly event: string
  readonly whodunnit: string | null
  readonly ip: string | null
  readonly txid: string
  readonly created_at: Date
  readonly object: Readonly<Record<string, unknown>> | null
  readonly changes: Readonly<Record<string, readonly [before: unknown, after: unknown]>>
  /** As it is stored. */
  readonly text: string
}

/** Ruby's decimals: digits that there is room for, a colon, the number. */
const decimal: ScalarTag = {
  tag: '!ruby/object:BigDecimal',
  resolve: (text) => ({ decimal: Number(text.replace(/^\d+:/, '')) }),
}

/** As a reader of Ruby's kind would read it: version 1.1, in which `yes` is true. */
export function readYaml(text: string): Readonly<Record<string, unknown>> {
  return parse(text, { version: '1.1', customTags: [decimal] })
}

/** What Yeti's audit log has got since an id. */
export async function versionsSince({ primary }: Pick<Gateway, 'primary'>, id: number): Promise<Version[]> {
  const { rows } = await primary.query('SELECT * FROM gui.versions WHERE id > $1 ORDER BY id', [id])
  return rows.map(({ object, object_changes, ...row }) => ({
    ...row,
    object: object === null ? null : readYaml(object),
    changes: readYaml(object_changes),
    text: `${object}\n${object_changes}`,
  }))
}

export async function lastVersion({ primary }: Pick<Gateway, 'primary'>): Promise<number> {
  const { rows } = await primary.query<{ id: number }>('SELECT coalesce(max(id), 0) AS id FROM gui.versions')
  return rows[0]?.id ?? 0
}

export type TableRow = Readonly<Record<string, unknown>>

export async function rowOf({ primary }: Pick<Gateway, 'primary'>, table: string, id: unknown): Promise<TableRow> {
  const { rows } = await primary.query<TableRow>(`SELECT * FROM ${table} WHERE id = $1`, [id])
  return rows[0] ?? expect.unreachable(`${table} ${String(id)}`)
}

const secret = 'password_digest'

/** Asserts that a record is a row, column by column, but for what is not told. */
export function expectRow(record: TableRow | null, row: TableRow): void {
  expect(Object.keys(record ?? {})).toEqual(Object.keys(row))
  for (const [column, value] of Object.entries(row)) expectValue(column, record?.[column], value)
}

/** Asserts that changes lead from one row to another, and name no column that is the same in both. */
export function expectChanges(changes: Version['changes'], before: TableRow | null, after: TableRow | null): void {
  const columns = Object.keys(before ?? after ?? {})
  // What is removed says so of every column, what is new of those that have a value.
  const changed = columns.filter(
    (column) => after === null || JSON.stringify(before?.[column] ?? null) !== JSON.stringify(after[column] ?? null),
  )
  expect(Object.keys(changes)).toEqual(changed)
  for (const column of changed) {
    expectValue(column, changes[column]?.[0], before?.[column] ?? null)
    expectValue(column, changes[column]?.[1], after?.[column] ?? null)
  }
}

/** Rows come as the driver reads them: numerics and 64 bits as texts, JSON as objects, times without microseconds. */
function expectValue(column: string, told: unknown, value: unknown): void {
  if (value !== null && column === secret) expect(told).toBe('[FILTERED]')
  else if (value instanceof Date) expect(Math.trunc(Number(told)), column).toBe(Number(value))
  else if (isDecimal(told)) expect(told.decimal, column).toBe(Number(value))
  else if (typeof told === 'number') expect(String(told), column).toBe(String(value))
  else if (typeof value === 'object' && value !== null && !Array.isArray(value))
    expect(JSON.parse(String(told)), column).toEqual(value)
  else expect(told, column).toEqual(value)
}

function isDecimal(value: unknown): value is { decimal: number } {
  return typeof value === 'object' && value !== null && 'decimal' in value
}
