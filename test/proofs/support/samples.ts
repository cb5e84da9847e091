import type { Gateway } from '../../support/gateway.ts'
import type { Samples } from './random-operation.ts'

/** Ids for random operations: what this login sees, what others see, and what nobody does. */
export async function samplesFor(gateway: Gateway, token: string, others: readonly string[]): Promise<Samples> {
  const { data } = await gateway.ask(
    `{ accounts { nodes { id } } outgoingCdrs(first: 4) { nodes { id } } incomingCdrs(first: 4) { nodes { id } } invoices(first: 4) { nodes { id } } }`,
    { token },
  )
  const ids = (list: { nodes: { id: string }[] }): string[] => list.nodes.map(({ id }) => id)
  const own = [data.accounts, data.outgoingCdrs, data.incomingCdrs, data.invoices].flatMap(ids)
  const missing = ['OutgoingCdr:1', 'Invoice:00000000-0000-4000-8000-000000000000'].map((id) =>
    Buffer.from(id).toString('base64'),
  )
  return {
    accountIds: ids(data.accounts),
    nodeIds: [...own, ...others, ...missing],
    fromTime: new Date(Date.now() - 2 * 86_400_000).toISOString(),
  }
}
