import { sql, type Databases, type Row, type Sql } from './databases.ts'
import { cdrExportsOf, incomingCdrsOf, invoicesOf, outgoingCdrsOf, type TenantScope } from './tenancy.ts'

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
    'calls',
    sql`SELECT local_tag FROM cdr.cdr
        WHERE id = ${cdrId}::bigint AND audio_recorded AND duration > 0 AND local_tag <> '' AND ${own}
        LIMIT 1`,
  )
  return row?.local_tag ?? null
}

/** A CDR export whose file was made. */
export interface CompletedExport {
  /** Yeti's own; the file is stored under it. */
  readonly id: number
  readonly uuid: string
  /** The columns of `cdr.cdr` that are in the file. */
  readonly fields: readonly string[]
}

/** null when it is not done, when its time is over, or it is not the tenant's; those of administrators are nobody's. */
export async function findExport(
  databases: Databases,
  tenant: TenantScope,
  uuid: string,
): Promise<CompletedExport | null> {
  if (!uuidPattern.test(uuid)) return null
  const [row] = await databases.query<CompletedExport & Row>(
    'primary',
    sql`SELECT id, uuid, fields FROM sys.cdr_exports e
        WHERE uuid = ${uuid}::uuid AND status = 'Completed' AND ${cdrExportsOf(tenant)}
          AND NOT EXISTS (SELECT FROM portal.cdr_exports w WHERE w.export_id = e.id AND w.expires_at <= now())`,
  )
  return row ?? null
}
