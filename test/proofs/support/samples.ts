import type { Gateway } from '../../support/gateway.ts'
import type { Samples } from './random-operation.ts'

/** Ids for random operations: what this login sees, what others see, and what nobody does. */
export async function samplesFor(gateway: Gateway, token: string, others: readonly string[]): Promise<Samples> {
  const { data } = await gateway.ask(
    `{ accounts { nodes { id } } outgoingRateplans(first: 1) { nodes { id } }
      payments(first: 1, where: { typeName: { eq: CRYPTOMUS }, status: { notEq: PENDING } }) { nodes { id } }
      services(first: 2) { nodes { id } } transactions(first: 2) { nodes { id } } outgoingNumberlistItems(first: 2) { nodes { id } }
      outgoingCdrExports(first: 1) { nodes { id } } outgoingRates(first: 2) { nodes { id } } networkPrefixes(first: 1) { nodes { id } }
      outgoingCdrs(first: 4) { nodes { id } } incomingCdrs(first: 4) { nodes { id } } invoices(first: 4) { nodes { id } } }`,
    { token },
  )
  const ids = (list: { nodes: { id: string }[] }): string[] => list.nodes.map(({ id }) => id)
  const own = Object.values<{ nodes: { id: string }[] }>(data).flatMap(ids)
  const missing = ['OutgoingCdr:1', 'Invoice:00000000-0000-4000-8000-000000000000'].map((id) =>
    Buffer.from(id).toString('base64'),
  )
  return {
    accountIds: ids(data.accounts),
    nodeIds: [...own, ...others, ...missing],
    given: {
      // A condition on the calls of snapshots is refused here, where there is no ClickHouse; `arguments.test.ts` uses each.
      'outgoingActiveCallsChart(where:)': {},
      'incomingActiveCallsChart(where:)': {},
      'checkRate(rateplanId:)': ids(data.outgoingRateplans)[0],
      'checkRate(number:)': '380445010203',
      // A pending one would be asked of its provider, which there is none of here.
      'cryptomusPayment(id:)':
        ids(data.payments)[0] ?? Buffer.from('Payment:00000000-0000-4000-8000-000000000000').toString('base64'),
    },
    fromTime: new Date(Date.now() - 2 * 86_400_000).toISOString(),
    toTime: new Date().toISOString(),
  }
}
