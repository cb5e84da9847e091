import type pg from 'pg'
import { dateText, day } from './clock.ts'

/** As Yeti's hourly job does, so that the next days' calls have somewhere to go. */
const daysAhead = 3

/** Creates the daily partitions that are missing, from the first day to three days after the last. */
export async function createPartitions(client: pg.ClientBase, firstDay: number, lastDay: number): Promise<void> {
  for (let number = firstDay; number <= lastDay + daysAhead; number++) {
    const from = dateText(number * day)
    const to = dateText((number + 1) * day)
    await client.query(
      `create table if not exists cdr.cdr_${from.replaceAll('-', '_')} partition of cdr.cdr
       for values from ('${from} 00:00:00+00') to ('${to} 00:00:00+00')`,
    )
  }
}
