import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { sql, type Databases, type Sql } from './databases.ts'
import { incomingCdrsOf, invoicesOf, outgoingCdrsOf, type TenantScope } from './tenancy.ts'

export interface InvoiceDocument {
  /** As Yeti stored it, usually without extension. */
  readonly filename: string
  readonly pdf: Buffer
}

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const maxBigint = 2n ** 63n - 1n

/** The PDF of an invoice; null when there is none, or the invoice is not the tenant's. */
export async function findInvoiceDocument(
  databases: Databases,
  tenant: TenantScope,
  uuid: string,
): Promise<InvoiceDocument | null> {
  if (!uuidPattern.test(uuid)) return null
  const [row] = await databases.query<{ filename: string; pdf: Buffer }>(
    'cdr',
    sql`SELECT d.filename, d.pdf_data AS pdf
        FROM billing.invoice_documents d
        WHERE d.pdf_data IS NOT NULL
          AND d.invoice_id IN (SELECT id FROM billing.invoices WHERE uuid = ${uuid}::uuid AND ${invoicesOf(tenant)})
        LIMIT 1`,
  )
  return row ?? null
}

/** The name under which a call's recording is stored; null when nothing was recorded, or the call is not the tenant's. */
export async function findRecordingTag(
  databases: Databases,
  tenant: TenantScope,
  direction: 'outgoing' | 'incoming',
  cdrId: string,
): Promise<string | null> {
  if (!/^\d{1,19}$/.test(cdrId) || BigInt(cdrId) > maxBigint) return null
  const own: Sql = direction === 'outgoing' ? outgoingCdrsOf(tenant) : incomingCdrsOf(tenant)
  const [row] = await databases.query<{ local_tag: string }>(
    'cdr',
    sql`SELECT local_tag FROM cdr.cdr
        WHERE id = ${cdrId}::bigint AND audio_recorded AND duration > 0 AND local_tag <> '' AND ${own}
        LIMIT 1`,
  )
  return row?.local_tag ?? null
}

/** A file inside the store, links resolved. */
export interface StoredFile {
  readonly directory: string
  readonly name: string
  /** Bytes. */
  readonly size: number
}

/** The stored file of a tag; null when it is missing, or not a plain file of the store. The tag is data, not a path. */
export async function findRecording(directory: string, tag: string, format: 'mp3' | 'wav'): Promise<StoredFile | null> {
  if (tag.startsWith('.') || /[/\\\0]/.test(tag)) return null
  try {
    const store = await realpath(directory)
    const path = await realpath(join(store, `${tag}.${format}`))
    const stats = await stat(path)
    if (dirname(path) !== store || !stats.isFile()) return null
    return { directory: store, name: basename(path), size: stats.size }
  } catch (error) {
    if (isAbsence(error)) return null
    throw error
  }
}

const absent = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'])

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && absent.has(error.code)
}
