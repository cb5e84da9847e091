import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MigrationSet } from '../migrate.ts'
import { prismaFolder } from './migrations.ts'

export interface MappedColumn {
  readonly field: string
  readonly column: string
  /** As PostgreSQL prints it, without length. */
  readonly type: string
  /** Lists are neither: Prisma reads null as an empty one. */
  readonly nullability: 'required' | 'optional' | 'list'
}

export interface MappedTable {
  readonly model: string
  readonly schema: string
  readonly table: string
  readonly columns: readonly MappedColumn[]
}

const plainTypes = new Map(
  Object.entries({
    String: 'text',
    Int: 'integer',
    BigInt: 'bigint',
    Boolean: 'boolean',
    Decimal: 'numeric',
    Float: 'double precision',
    DateTime: 'timestamp without time zone',
    Json: 'jsonb',
    Bytes: 'bytea',
  }),
)

const nativeTypes = new Map(
  Object.entries({
    SmallInt: 'smallint',
    VarChar: 'character varying',
    Decimal: 'numeric',
    Timestamptz: 'timestamp with time zone',
    Timestamp: 'timestamp without time zone',
    Date: 'date',
    Uuid: 'uuid',
    Inet: 'inet',
    Real: 'real',
    Json: 'json',
  }),
)

/** The tables and columns that the models of one database map. */
export async function mappedTables(set: MigrationSet): Promise<readonly MappedTable[]> {
  const folder = join(prismaFolder(), 'schema')
  const files = (await readdir(folder)).filter((file) => file.endsWith('.prisma') && setOf(file) === set)
  const texts = await Promise.all(files.sort().map((file) => readFile(join(folder, file), 'utf8')))
  return texts.flatMap((text) =>
    [...text.matchAll(/^model (\w+) \{\n(.*?)^\}/gms)].map(([, model = '', body = '']) => parse(model, body)),
  )
}

function setOf(file: string): MigrationSet | null {
  if (file === 'schema.prisma') return null
  return file === 'cdr.prisma' ? 'cdr' : file === 'portal.prisma' ? 'portal' : 'primary'
}

function parse(model: string, body: string): MappedTable {
  const attribute = (name: string): string => new RegExp(`@@${name}\\("(\\w+)"\\)`).exec(body)?.[1] ?? model
  const columns = body
    .split('\n')
    .map(parseField)
    .filter((column) => column !== null)
  return { model, schema: attribute('schema'), table: attribute('map'), columns }
}

function parseField(line: string): MappedColumn | null {
  const [, field, scalar = '', arity, attributes = ''] = /^ {2}(\w+) +(\w+)(\?|\[\])?(.*)$/.exec(line) ?? []
  const plain = plainTypes.get(scalar)
  if (field === undefined || plain === undefined) return null // a relation, an attribute of the model, a comment
  const native = /@db\.(\w+)/.exec(attributes)?.[1]
  const type = native === undefined ? plain : nativeTypes.get(native)
  if (type === undefined) throw new Error(`${field}: the type @db.${native} is not known here`)
  return {
    field,
    column: /@map\("(\w+)"\)/.exec(attributes)?.[1] ?? field,
    type: arity === '[]' ? `${type}[]` : type,
    nullability: arity === '[]' ? 'list' : arity === '?' ? 'optional' : 'required',
  }
}
