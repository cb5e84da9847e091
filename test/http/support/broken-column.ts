import type pg from 'pg'

/**
 * Puts a view in the place of a table whose column cannot be read: PostgreSQL fails with this message, which is nobody's
 * fault but the gateway's, as far as that can know. Returns what puts the table back.
 */
export async function breakColumn(
  database: pg.Pool,
  table: string,
  broken: string,
  message: string,
): Promise<() => Promise<void>> {
  const [schema = '', name = ''] = table.split('.')
  const { rows } = await database.query<{ column: string; type: string }>(
    `SELECT attname AS column, format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [table],
  )
  const columns = rows.map(({ column, type }) =>
    column === broken ? `${schema}.broken()::${type} AS ${column}` : column,
  )
  await database.query(`
    CREATE FUNCTION ${schema}.broken() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RAISE '${message}'; END $$;
    ALTER TABLE ${table} RENAME TO whole_${name};
    CREATE VIEW ${table} AS SELECT ${columns.join(', ')} FROM ${schema}.whole_${name};
    GRANT SELECT ON ${table} TO PUBLIC`)
  return async () => {
    await database.query(`DROP VIEW ${table}; ALTER TABLE ${schema}.whole_${name} RENAME TO ${name}; DROP FUNCTION ${schema}.broken`)
  }
} // prettier-ignore
