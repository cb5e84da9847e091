// @ts-check
import { saveFigures } from '../lib/figures.js'
import { figure, table } from '../lib/report.js'
import { interval, measuredFor, range } from './subscribers.js'

export const title = 'With more subscribers'
export const page = 'capacity.md'

const few = { logins: 100, rounds: 2 }
const many = { logins: 1_000, rounds: 4 }
const kilobyte = 1024

/** @param {import('../lib/context.js').Context} context */
export async function run(context) {
  const { quick } = context.options
  const cases = quick
    ? [
        { count: 1, accounts: 1 },
        { count: 100, accounts: 100 },
      ]
    : [
        { count: 1, accounts: 1 },
        { count: 100, accounts: 1 },
        { count: 100, accounts: 100 },
        { count: 1_000, accounts: 100 },
        { count: 1_000, accounts: 1_000 },
        { count: 2_000, accounts: 1_000 },
      ]
  const results = await measuredFor(context, cases, quick ? few : many)
  const [one, last] = [results[0], results.at(-1)]
  if (!one || !last) throw new Error('no subscribers')
  await saveFigures(context.options, 'capacity-subscribers', {
    delivery: last.cpu,
    atRest: (last.busy - one.busy) / 100 / last.count,
    resident: last.resident / kilobyte,
    statements: last.perSecond,
  })
  const rows = results.map(({ count, accounts, perSecond, last: told, cpu, busy, heap, resident }) => [
    count.toLocaleString('en'),
    accounts.toLocaleString('en'),
    figure(perSecond),
    range(told),
    figure(cpu),
    figure(busy),
    ...[heap, resident].map((bytes) => (count < 100 ? '–' : figure(bytes / kilobyte))),
  ])
  return [
    table(
      [
        'subscribers',
        'accounts',
        'statements/s at rest',
        'a snapshot at the last, ms',
        'CPU per delivery',
        'CPU at rest, % of a core',
        'heap, KB each',
        'resident, KB',
      ],
      rows,
    ),
    `A WebSocket each, ${(quick ? few : many).logins.toLocaleString('en')} logins; a poll every ${interval} s, which a snapshot waits for. CPU of the gateway in milliseconds, per subscriber and snapshot. Statements of all kinds: polls, looks at sessions, what runs.`,
  ].join('\n\n')
}
