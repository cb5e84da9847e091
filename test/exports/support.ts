import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import type pg from 'pg'
import { startGateway, type Gateway } from '../support/gateway.ts'

/** Accounts by their numbers in the demo: two of alice's, the first of which frank may not see; and one of erin's. */
export const accounts = { main: 201, retail: 202, erins: 211 } as const

/** Every day of the demo. */
export const always = { timeStartGte: '2000-01-01T00:00:00Z', timeStartLt: '2100-01-01T00:00:00Z' } as const

export const creation = `mutation ($input: CreateOutgoingCdrExportInput!) {
  createOutgoingCdrExport(input: $input) {
    id uuid status rowsCount rowsWritten progress createdAt updatedAt timeFormat timeZoneName accountId expiresAt
    filters { timeStartGte timeStartLt success duration durationGte durationLte srcPrefixRouting dstPrefixRouting }
    file { url contentType expiresAt }
  }
}`

/** A gateway whose exports are in a directory of their own, which others may share. */
export interface ExportGateway extends Gateway {
  readonly directory: string
  files(): Promise<readonly string[]>
}

export async function startExporting(settings: Readonly<Record<string, string>> = {}): Promise<ExportGateway> {
  const directory = await mkdtemp(join(tmpdir(), 'portal-exports-'))
  const gateway = await startGateway({ EXPORT_WORKERS: '1', EXPORTS_DIR: directory, ...settings })
  return {
    ...gateway,
    directory,
    files: () => readdir(directory),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** The global id of an account. */
export async function accountId({ primary }: Gateway, id: number): Promise<string> {
  const { rows } = await primary.query<{ uuid: string }>('SELECT uuid FROM billing.accounts WHERE id = $1', [id])
  return Buffer.from(`Account:${rows[0]?.uuid ?? ''}`).toString('base64')
}

/** Asks for an export, and answers with its uuid. */
export async function create(gateway: Gateway, token: string, input: object, account: number = accounts.main) {
  const variables = { input: { accountId: await accountId(gateway, account), filters: always, ...input } }
  const { data, errors } = await gateway.ask(creation, { token, variables })
  if (errors) throw new Error(JSON.stringify(errors))
  return String(data.createOutgoingCdrExport.uuid)
}

export interface ExportRow {
  readonly id: number
  readonly status: string
  readonly rows_count: number | null
  readonly fields: readonly string[]
  readonly filters: Readonly<Record<string, unknown>>
  readonly attempts: number
  readonly rows_written: string
  readonly expires_at: Date | null
}

/** What is stored of an export. */
export async function stored({ primary }: Gateway, uuid: string): Promise<ExportRow> {
  const { rows } = await primary.query<ExportRow>(
    `SELECT e.*, w.attempts, w.rows_written, w.expires_at FROM sys.cdr_exports e
     JOIN portal.cdr_exports w ON w.export_id = e.id WHERE e.uuid = $1`,
    [uuid],
  )
  const [row] = rows
  if (!row) throw new Error(`There is no export ${uuid}`)
  return row
}

/** Waits until something is so; the test's own time limit ends it. */
export async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look()
    if (isSo(seen)) return seen
    await sleep(25)
  }
}

export function settled(gateway: Gateway, uuid: string): Promise<ExportRow> {
  return until(
    () => stored(gateway, uuid),
    ({ status }) => status !== 'Pending',
  )
}

/** The lines of an export's file, by the link that the gateway gives. */
export async function download(gateway: Gateway, token: string, uuid: string): Promise<string[]> {
  const response = await fetch(await linkOf(gateway, token, uuid))
  if (response.status !== 200) throw new Error(`The file came with ${response.status}`)
  const text = gunzipSync(Buffer.from(await response.arrayBuffer())).toString('utf8')
  return text.split('\n').slice(0, -1)
}

export async function linkOf(gateway: Gateway, token: string, uuid: string): Promise<string> {
  const id = Buffer.from(`OutgoingCdrExport:${uuid}`).toString('base64')
  const query = `query ($id: ID!) { node(id: $id) { ... on OutgoingCdrExport { file { url } } } }`
  const { data } = await gateway.ask(query, { token, variables: { id } })
  return data.node.file.url
}

/** As the file has them: every value in quotes, nothing for none. */
export function line(values: readonly (string | null)[]): string {
  return values.map((value) => (value === null ? '' : `"${value.replaceAll('"', '""')}"`)).join(',')
}

/** What the database prints of an account's attempts, newest first, as lines of the file. */
export async function expectedLines(
  { cdr }: { readonly cdr: pg.Pool },
  columns: readonly string[],
  { account = accounts.main, where = 'true', zone = 'UTC' }: { account?: number; where?: string; zone?: string } = {},
): Promise<string[]> {
  const client = await cdr.connect()
  try {
    await client.query(`SELECT set_config('TimeZone', $1, false)`, [zone])
    const { rows } = await client.query<{ values: (string | null)[] }>(
      `SELECT ARRAY[${columns.map((column) => `(${column})::text`).join(', ')}] AS values
       FROM cdr.cdr WHERE customer_acc_id = $1 AND ${where} ORDER BY time_start DESC`,
      [account],
    )
    return rows.map(({ values }) => line(values))
  } finally {
    await client.query('RESET TimeZone')
    client.release()
  }
}

/** The same lines, those of one moment in any order: attempts of one call begin together. */
export function ordered(lines: readonly string[]): string[] {
  const time = (text: string) => text.slice(0, text.indexOf(','))
  const blocks = new Map<string, string[]>()
  for (const text of lines) blocks.set(time(text), [...(blocks.get(time(text)) ?? []), text])
  return [...blocks.values()].flatMap((block) => block.sort())
}
