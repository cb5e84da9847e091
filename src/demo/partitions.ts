import type pg from 'pg'
import { dateText, day } from './clock.ts'

/** As Yeti's hourly job does, so that the next days' calls have somewhere to go. */
const daysAhead = 3

/** Creates the daily partitions that are missing, from the first day to three days after the last. */
export async function createPartitions(client: pg.ClientBase, firstDay: number, lastDay: number): Promise<void> {
  const days = Array.from({ length: lastDay + daysAhead - firstDay + 1 }, (_, index) => firstDay + index)
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'cdr'::regnamespace and relname = any($1)`,
    [days.map(nameOf)],
  )
  const present = new Set(rows.map(({ name }) => name))
  for (const number of days.filter((number) => !present.has(nameOf(number)))) {
    await client.query(
      `create table cdr.${nameOf(number)} partition of cdr.cdr
       for values from ('${dateText(number * day)} 00:00:00+00') to ('${dateText((number + 1) * day)} 00:00:00+00')`,
    )
  }
}

function nameOf(number: number): string {
  return `cdr_${dateText(number * day).replaceAll('-', '_')}`
}
