import type { Gateway } from '../../support/gateway.ts'
import { addAdminRows } from './admin-rows.ts'
import { addReferenceRows } from './reference-rows.ts'
import { addBillingRows } from './billing-rows.ts'
import { addExportRows } from './export-rows.ts'
import { addNumberlistRows } from './numberlist-rows.ts'
import { addRateRows } from './rate-rows.ts'
import { aurora, borealis, subjects, type Subject } from './subjects.ts'
import { choice, count, insert, subjectOf, trickyRow, uuid, value } from './tricky.ts'

/** The first id that numbers of JavaScript cannot hold. */
const firstId = 9_007_199_254_740_993n

/** The day of the tricky calls, which no demo reaches. */
export const trickyDay = { gte: '2020-01-01T00:00:00Z', lt: '2020-01-02T00:00:00Z' } as const

/** Everything of the tricky rows, and of a resource without such a day, everything. */
export function trickyOnly(subject: Subject): Readonly<Record<string, unknown>> {
  return subject.table === 'cdr.cdr' ? { timeStart: trickyDay } : {}
}

/** Writes the tricky rows of every resource: most of Aurora's, some of somebody else's that must never be seen. */
export async function addTrickyRows(gateway: Gateway): Promise<void> {
  await addCalls(gateway)
  await addAccounts(gateway)
  await addInvoices(gateway)
  await addReferenceRows(gateway)
  await addRateRows(gateway)
  await addBillingRows(gateway)
  await addNumberlistRows(gateway)
  await addExportRows(gateway)
  await addAdminRows(gateway)
}

async function addCalls({ cdr }: Gateway): Promise<void> {
  const [outgoing, incoming] = subjects
  if (!outgoing || !incoming) throw new TypeError('No subjects')
  await cdr.query(`CREATE TABLE IF NOT EXISTS cdr.cdr_2020_01_01 PARTITION OF cdr.cdr
    FOR VALUES FROM ('2020-01-01 00:00:00+00') TO ('2020-01-02 00:00:00+00')`)
  const seconds = ['00', '00.000001', '00.001', '01', '01', '59.999999']
  const rows = Array.from({ length: count }, (_, index) => ({
    ...trickyRow(incoming, index),
    ...trickyRow(outgoing, index),
    id: String(firstId + BigInt(index)),
    time_start: `2020-01-01 12:00:${seconds[choice(seconds.length, 'time_start', index)]}+00`,
    is_last_cdr: index % 8 !== 7,
    audio_recorded: index % 3 === 0,
    ...(index % 9 === 8
      ? { customer_id: borealis, customer_acc_id: 211, vendor_id: 103, vendor_acc_id: 222 }
      : {
          customer_id: aurora,
          customer_acc_id: 201 + (index % 3),
          vendor_id: aurora,
          vendor_acc_id: 201 + (index % 2),
        }),
  }))
  await insert(cdr, 'cdr.cdr', rows)
  // Real ones beside them, for values as a switch writes them.
  await cdr.query(`INSERT INTO cdr.cdr SELECT copy.* FROM (
      SELECT * FROM cdr.cdr WHERE time_start > '2021-01-01' AND (customer_id = ${aurora} OR vendor_id = ${aurora}) ORDER BY id LIMIT 40) real,
    jsonb_populate_record(NULL::cdr.cdr, to_jsonb(real) || jsonb_build_object('id', real.id + 1e17::bigint,
      'time_start', '2020-01-01 13:00:00+00'::timestamptz + make_interval(secs => real.id % 20))) copy`)
}

async function addAccounts({ primary }: Gateway): Promise<void> {
  const subject = subjectOf('accounts')
  const settings = Array.from({ length: count }, (_, index) => ({
    id: 5000 + index,
    account_id: 1000 + index,
    low_threshold: value(subject, 'balanceLowThreshold', index),
    high_threshold: value(subject, 'balanceHighThreshold', index),
  }))
  const rows = Array.from({ length: count }, (_, index) => {
    return {
      ...trickyRow(subject, index),
      id: 1000 + index,
      contractor_id: index % 9 === 8 ? borealis : aurora,
      name: `${value(subject, 'name', index)} ${index}`,
      uuid: uuid('account', index),
      external_id: index % 5 === 0 ? null : String(firstId - BigInt(index)), // unique in Yeti
      currency_id: 0,
      vat: 0,
      invoice_ref_template: '$id',
      timezone: 'UTC',
    }
  })
  await insert(primary, 'billing.accounts', rows)
  await insert(
    primary,
    'billing.account_balance_notification_settings',
    settings.filter(({ id }) => id % 4 !== 0).map((setting) => ({ ...setting, state_id: 0 })),
  )
}

async function addInvoices({ cdr }: Gateway): Promise<void> {
  const subject = subjectOf('invoices')
  const rows = Array.from({ length: count }, (_, index) => {
    return {
      ...trickyRow(subject, index),
      id: 9000 + index,
      uuid: uuid('invoice', index),
      account_id: 201 + (index % 3),
      contractor_id: index % 9 === 8 ? borealis : aurora,
      state_id: index % 10 === 9 ? 1 : 2,
      type_id: 2,
      currency_id: 0,
      created_at: '2020-01-01',
    }
  })
  await insert(cdr, 'billing.invoices', rows)
  await cdr.query(`INSERT INTO billing.invoice_documents (invoice_id, filename, pdf_data)
    SELECT id, id::text, CASE WHEN id % 3 = 0 THEN '%PDF-1.4 tricky'::bytea END FROM billing.invoices WHERE id >= 9000 AND id % 2 = 0`)
}
