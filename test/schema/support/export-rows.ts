import type { Gateway } from '../../support/gateway.ts'
import { insert, trickyRows, uuid } from './tricky.ts'

const firstId = 700_000

/** Exports, mostly of alice's accounts, some of one of erin's, and some that administrators made. */
export async function addExportRows({ primary }: Pick<Gateway, 'primary'>): Promise<void> {
  const rows = (series: number, accountOf: (index: number) => number | null) =>
    trickyRows('outgoingCdrExports', (index) => ({
      id: firstId + series * 1000 + index,
      uuid: uuid('export', series, index),
      type: 'Base',
      fields: ['time_start'],
      filters: { time_start_gteq: '2026-01-01', time_start_lt: '2026-02-01' },
      customer_account_id: accountOf(index),
      callback_url: 'https://operator.example/only',
    }))
  await insert(
    primary,
    'sys.cdr_exports',
    rows(0, (index) => (index % 9 === 8 ? 211 : 201 + (index % 3))),
  )
  await insert(
    primary,
    'sys.cdr_exports',
    rows(1, () => null),
  )
  await primary.query(
    `INSERT INTO portal.cdr_exports (export_id, rows_written, expires_at)
     SELECT id, 9007199254740993, '2030-01-01 00:00:00.000001+00' FROM sys.cdr_exports WHERE id >= $1 AND id % 4 = 0`,
    [firstId],
  )
}
