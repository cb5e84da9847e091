import { createHash } from 'node:crypto'
import type { Gateway } from '../../support/gateway.ts'
import { enumCodes, rowColumn, subjects, yetiColumn, yetiName, type Subject } from './subjects.ts'

/**
 * Rows that make filters and orders earn their living: values that repeat, rows without a value, wildcards, letters
 * in both cases, microseconds, decimals that are equal but written differently, numbers beyond 2^53.
 */
const pools: Readonly<Record<string, readonly (string | null)[]>> = {
  text: [
    null,
    '',
    'abc',
    'ABC',
    'abcd',
    'a%c',
    'a_c',
    'a\\c',
    '100%',
    '_',
    'Ünïcode Élan',
    'ünïcode élan',
    ' padded ',
    '"quoted", \'twice\'',
    '東京 😀',
  ],
  integer: [null, '0', '1', '-1', '42', '42', '32767', '-32768'],
  capacity: [null, '1', '2', '42', '42', '32767'],
  bigint: [null, '0', '1', '-1', '42', '9007199254740993', '9223372036854775807', '-9223372036854775808'],
  numeric: [
    null,
    '0',
    '0.00000',
    '0.1',
    '0.10',
    '-3.25',
    '100',
    '0.000000000000000001',
    '12345678901234567890.0123456789',
  ],
  timestamptz: [
    null,
    '2020-01-01 00:00:00+00',
    '2020-01-01 00:00:00.000001+00',
    '2020-01-01 00:00:00.001+00',
    '2019-12-31 23:59:59.999999+00',
    '2019-12-31 23:59:59.5+00',
  ],
  timestamp: [
    null,
    '2020-01-01 00:00:00',
    '2020-01-01 00:00:00.000001',
    '2020-01-01 00:00:00.001',
    '2019-12-31 23:59:59.999999',
  ],
  boolean: [null, 'true', 'false'],
  inet: [null, '192.0.2.1', '192.0.2.10', '2001:db8::1', '::ffff:192.0.2.1'],
}

const poolOf: Readonly<Record<string, keyof typeof pools>> = {
  'character varying': 'text',
  text: 'text',
  integer: 'integer',
  smallint: 'integer',
  bigint: 'bigint',
  numeric: 'numeric',
  'timestamp with time zone': 'timestamptz',
  'timestamp without time zone': 'timestamp',
  boolean: 'boolean',
  inet: 'inet',
}

/** The same for the same names in every run, and spread evenly enough. */
export function choice(length: number, ...names: readonly (string | number)[]): number {
  return createHash('md5').update(names.join('/')).digest().readUInt32BE(0) % length
}

export function value(subject: Subject, attribute: string, index: number): string | null {
  const column = yetiColumn(subject, attribute)
  const { kind } = subject.resource.attributes.get(attribute) ?? {}
  if (typeof kind === 'object') return oneOf(Object.values(enumCodes[kind.ref.name] ?? {}), subject, attribute, index)
  const pool = column && pools[attribute.endsWith('Capacity') ? 'capacity' : (poolOf[column.type] ?? '')]
  if (!pool) return null
  const values = column.nullable ? pool : pool.filter((item) => item !== null)
  return oneOf(values, subject, attribute, index)
}

function oneOf(values: readonly (string | null)[], subject: Subject, attribute: string, index: number): string | null {
  return values[choice(values.length, subject.field, attribute, index)] ?? null
}

export function uuid(...names: readonly (string | number)[]): string {
  const hex = createHash('md5').update(names.join('/')).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** A value for each attribute that is a column of the resource's own table. */
export function trickyRow(subject: Subject, index: number): Record<string, unknown> {
  const { resource, portal } = subject
  const own = [...resource.attributes.keys()].filter(
    (name) => yetiColumn(subject, name) && !portal.columns[yetiName(subject, name)]?.includes('.'),
  )
  return Object.fromEntries(own.map((name) => [rowColumn(subject, name), value(subject, name, index)]))
}

/** How many rows of each resource. */
export const count = 60

export function subjectOf(field: string): Subject {
  const subject = subjects.find((each) => each.field === field)
  if (!subject) throw new TypeError(`No ${field}`)
  return subject
}

/** Rows of a subject, each as it is but for what `differences` says. */
export function trickyRows(
  field: string,
  differences: (index: number) => Readonly<Record<string, unknown>>,
): Record<string, unknown>[] {
  const subject = subjectOf(field)
  return Array.from({ length: count }, (_, index) => ({ ...trickyRow(subject, index), ...differences(index) }))
}

export async function insert(
  pool: Gateway['cdr'],
  table: string,
  rows: readonly Record<string, unknown>[],
): Promise<void> {
  const columns = Object.keys(rows[0] ?? {})
    .map((name) => `"${name}"`)
    .join(', ')
  await pool.query(
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1)`,
    [JSON.stringify(rows)],
  )
}
