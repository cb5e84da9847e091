import { gunzipSync } from 'node:zlib'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../../support/gateway.ts'
import { iso, type Asker, type Period } from './lint-asker.ts'

/** What records of calls show. */
export interface Call {
  readonly timeStart: string
  readonly timeEnd: string
  readonly duration: number
  readonly price: string
}

function listOf({ direction }: Asker): { field: string; price: string } {
  return direction === 'outgoing'
    ? { field: 'outgoingCdrs', price: 'customerPrice' }
    : { field: 'incomingCdrs', price: 'vendorPrice' }
}

function whereOf({ accountId }: Asker, { from, to }: Period): string {
  return `accountId: { eq: "${accountId}" }, timeStart: { gte: "${iso(from)}", lte: "${iso(to)}" }`
}

export async function countCalls(asker: Asker, period: Period, more = ''): Promise<number> {
  const { field } = listOf(asker)
  const data = await asker.ask(`{ ${field}(where: { ${whereOf(asker, period)} ${more} }) { totalCount } }`)
  return data[field].totalCount
}

/** Page by page. `more`: what of them is needed. */
export async function readCalls(asker: Asker, period: Period, more: 'duration' | 'price' | 'times'): Promise<Call[]> {
  const { field, price } = listOf(asker)
  const shown = { duration: 'duration', price: `price: ${price}`, times: 'timeStart timeEnd' }[more]
  const query = `query ($after: String) { ${field}(first: 20, after: $after, where: { ${whereOf(asker, period)} }) {
    nodes { ${shown} } pageInfo { endCursor hasNextPage } } }`
  const calls: Call[] = []
  for (let after: string | null = null, more = true; more;) {
    const data: Answer['data'] = await asker.ask(query, { after })
    const page = data[field]
    calls.push(...page.nodes)
    after = page.pageInfo.endCursor
    more = page.pageInfo.hasNextPage
  }
  return calls
}

/** One export of the period: duration and price of each call in it. */
export async function exportCalls(asker: Asker, { from, to }: Period): Promise<Pick<Call, 'duration' | 'price'>[]> {
  const input = {
    accountId: asker.accountId,
    filters: { timeStartGte: iso(from), timeStartLt: iso(to + 1n) },
  }
  const made = await asker.ask(
    'mutation ($input: CreateOutgoingCdrExportInput!) { createOutgoingCdrExport(input: $input) { id } }',
    { input },
  )
  const file = 'query ($id: ID!) { node(id: $id) { ... on OutgoingCdrExport { file { url } } } }'
  for (;;) {
    const { node } = await asker.ask(file, { id: made.createOutgoingCdrExport.id })
    if (node.file) return rowsOf(await (await fetch(node.file.url)).arrayBuffer())
    await sleep(50)
  }
}

function rowsOf(file: ArrayBuffer): Pick<Call, 'duration' | 'price'>[] {
  const [head = [], ...lines] = gunzipSync(Buffer.from(file))
    .toString('utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((cell) => cell.replace(/^"|"$/g, '')))
  const [duration, price] = [head.indexOf('Duration'), head.indexOf('Customer Price')]
  return lines.map((cells) => ({ duration: Number(cells[duration]), price: cells[price] || '0' }))
}

/** The account's newest invoice; `fields` of it. */
export async function invoice(asker: Asker, fields: string): Promise<Record<string, string>> {
  const data = await asker.ask(
    `{ invoices(first: 1, where: { accountId: { eq: "${asker.accountId}" } }) { nodes { startDate endDate ${fields} } } }`,
  )
  return data.invoices.nodes[0]
}

export async function balance(asker: Asker): Promise<number> {
  const data = await asker.ask(`query ($id: ID!) { node(id: $id) { ... on Account { balance } } }`, {
    id: asker.accountId,
  })
  return Number(data.node.balance)
}

/** The newest two payments, the newest first. */
export async function payments(asker: Asker): Promise<{ amount: string; balanceBeforePayment: string }[]> {
  const data = await asker.ask(
    `{ payments(first: 2, where: { accountId: { eq: "${asker.accountId}" } }) { nodes { amount balanceBeforePayment } } }`,
  )
  return data.payments.nodes
}

/** Rates per minute by prefix. */
export async function rates(asker: Asker): Promise<Map<string, number>> {
  const data = await asker.ask(
    `{ outgoingRates(first: 500, where: { accountId: { eq: "${asker.accountId}" } }) { nodes { prefix nextRate } } }`,
  )
  return new Map(
    data.outgoingRates.nodes.map((rate: Record<string, string>) => [rate['prefix'], Number(rate['nextRate'])]),
  )
}
