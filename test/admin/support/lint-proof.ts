import { expect } from 'vitest'
import type { Permission } from '../../../src/permissions/permissions.ts'
import { startExporting } from '../../exports/support.ts'
import { accountId } from '../../schema/support/calls.ts'
import { only, type Gateway } from '../../support/gateway.ts'
import {
  askerOf,
  figures,
  hour,
  iso,
  microseconds,
  second,
  type Asker,
  type Direction,
  type Figure,
  type Metric,
  type Period,
} from './lint-asker.ts'

export const directions = ['outgoing', 'incoming'] as const

/** Accounts of alice's with calls of the direction. */
export const accounts = { outgoing: 201, incoming: 202 } as const

/** A gateway with somebody who may see everything and somebody who may see what is given. */
export interface Proof extends AsyncDisposable {
  readonly gateway: Gateway
  /** A period with calls; a short one for what asks for each call by itself. */
  period(direction: Direction, length?: 'short'): Period
  /** Who may see everything asks. */
  everything(direction: Direction): Asker
  truth(direction: Direction, metric: Metric, period: Period): Promise<Figure>
  /** The points of a chart, by the hour. */
  chart(direction: Direction, field: string, period: Period): Promise<Map<bigint, Figure>>
  /** Has something computed by somebody with these flags alone. */
  withOnly<T>(flags: readonly Permission[], direction: Direction, compute: (asker: Asker) => Promise<T>): Promise<T>
  /** The same, and it fails without any one of the flags. */
  withNoLess<T>(flags: readonly Permission[], direction: Direction, compute: (asker: Asker) => Promise<T>): Promise<T>
}

export async function startProof(): Promise<Proof> {
  const gateway = await startExporting()
  const { token: all } = await gateway.login('all-flags')
  const some = await gateway.login('some-flags')
  const periods = new Map<string, Period>()
  const globalIds = new Map<Direction, string>()
  for (const direction of directions) {
    const busy = await busyPeriod(gateway, direction)
    periods.set(direction, busy)
    periods.set(`${direction} short`, await shortPeriod(gateway, direction, busy))
    globalIds.set(direction, await accountId(gateway, accounts[direction]))
  }
  const asking = (direction: Direction, token: string, asked: Parameters<typeof askerOf>[2] = []): Asker =>
    askerOf(gateway, { direction, accountId: globalIds.get(direction) ?? '', token }, asked)
  const proof: Proof = {
    gateway,
    period(direction, length) {
      const period = periods.get(length ? `${direction} ${length}` : direction)
      if (!period) throw new Error('There is no period')
      return period
    },
    everything: (direction) => asking(direction, all),
    async truth(direction, metric, period) {
      return (await figures(asking(direction, all), metric, 'totals', [period]))[0] ?? null
    },
    async chart(direction, field, { from, to }) {
      const { accountId: id, ask } = asking(direction, all)
      const data = await ask(
        `{ s: ${direction}Statistics(accountId: "${id}", fromTime: "${iso(from)}", toTime: "${iso(to)}", sampling: HOUR) { series { time value: ${field} } } }`,
      )
      const points: readonly { time: string; value: Figure }[] = data.s.series
      return new Map(points.map(({ time, value }) => [microseconds(time), value]))
    },
    async withOnly(flags, direction, compute) {
      await some.set(only(...flags))
      return compute(asking(direction, some.token))
    },
    async withNoLess(flags, direction, compute) {
      const asked: { query: string; variables: Readonly<Record<string, unknown>> }[] = []
      await some.set(only(...flags))
      const result = await compute(asking(direction, some.token, asked))
      // Of questions that differ in a period one is enough.
      const questions = [
        ...new Map(asked.map((question) => [question.query.replace(/"[^"]*"/g, ''), question])).values(),
      ]
      for (const flag of flags) {
        await some.set(only(...flags.filter((other) => other !== flag)))
        const codes = new Set<string>()
        for (const { query, variables } of questions) {
          const { errors } = await gateway.ask(query, { token: some.token, variables })
          for (const { extensions } of errors ?? []) codes.add(extensions.code)
        }
        expect([...codes], `without ${flag}`).toContain('FORBIDDEN')
      }
      return result
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  }
  return proof
}

function callsOf(direction: Direction): { account: string; final: string } {
  return direction === 'outgoing'
    ? { account: 'customer_acc_id', final: 'is_last_cdr' }
    : { account: 'vendor_acc_id', final: 'true' }
}

/** The busiest hour that has both answered and other calls, and the one after it; within a month, and over. */
async function busyPeriod({ cdr }: Gateway, direction: Direction): Promise<Period> {
  const { account, final } = callsOf(direction)
  const { rows } = await cdr.query<{ at: Date }>(
    `SELECT date_trunc('hour', time_start, 'UTC') AS at FROM cdr.cdr WHERE ${account} = $1 AND ${final}
       AND time_start < now() - interval '3 hours'
       AND date_trunc('month', time_start, 'UTC') = date_trunc('month', time_start + interval '1 hour', 'UTC')
     GROUP BY 1 HAVING count(*) FILTER (WHERE duration > 0) > 2 AND count(*) FILTER (WHERE duration = 0) > 2
     ORDER BY count(*) DESC LIMIT 1`,
    [accounts[direction]],
  )
  const from = BigInt(rows[0]?.at.getTime() ?? 0) * 1000n
  return { from, to: from + 2n * hour - 1n }
}

/** As far as there are two calls that were answered and two that were not. */
async function shortPeriod({ cdr }: Gateway, direction: Direction, { from, to }: Period): Promise<Period> {
  const { account, final } = callsOf(direction)
  const { rows } = await cdr.query<{ at: Date }>(
    `SELECT greatest(max(time_start) FILTER (WHERE answered), max(time_start) FILTER (WHERE NOT answered)) AS at
     FROM (SELECT time_start, duration > 0 AS answered, row_number() OVER (PARTITION BY duration > 0 ORDER BY time_start) AS place
           FROM cdr.cdr WHERE ${account} = $1 AND ${final} AND time_start BETWEEN $2 AND $3) calls
     WHERE place <= 2`,
    [accounts[direction], iso(from), iso(to)],
  )
  return { from, to: BigInt(rows[0]?.at.getTime() ?? 0) * 1000n + second }
}
