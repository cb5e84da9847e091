import type pg from 'pg'

type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value }

/** A row by column name. All rows of one insertion have the same columns. */
export type Row = Readonly<Record<string, Value>>

/** Inserts rows of any table; PostgreSQL itself turns JSON into the types of the columns. */
export async function insertRows(client: pg.ClientBase, table: string, rows: readonly Row[]): Promise<void> {
  const [first] = rows
  if (!first) return
  const columns = Object.keys(first).join(', ')
  await client.query(
    `insert into ${table} (${columns}) select ${columns} from json_populate_recordset(null::${table}, $1)`,
    [JSON.stringify(rows)],
  )
}

/** Moves a sequence behind an id that it did not give. */
export async function advanceBehind(client: pg.ClientBase, sequence: string, id: number): Promise<void> {
  await client.query(`select setval($1, greatest($2, (select last_value from ${sequence})))`, [sequence, id])
}

/** Moves the sequence of `id` behind the greatest one, since rows come with their ids. */
export async function advanceSequence(client: pg.ClientBase, table: string): Promise<void> {
  await client.query(
    `select setval(pg_get_serial_sequence($1, 'id'), greatest(max(id), 1), max(id) is not null) from ${table}`,
    [table],
  )
}
