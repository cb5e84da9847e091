import pg from 'pg'

/** Runs some statements in a database of the tests. */
export async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** One column of the rows that a statement finds. */
export async function list(url: string, text: string): Promise<readonly string[]> {
  const { rows } = await connected(url, (client) => client.query<string[]>({ text, rowMode: 'array' }))
  return rows.map(([value = '']) => value)
}
