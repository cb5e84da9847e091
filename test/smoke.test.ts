import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type Gateway } from './support/gateway.ts'

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

test('a signed-in customer lists calls', async () => {
  const { token, set } = await gateway.login('tester')
  const all = await gateway.ask('{ outgoingCdrs(first: 3) { nodes { id timeStart } } }', { token })
  expect(all.data.outgoingCdrs.nodes).toHaveLength(3)
  await set({ outgoingCdrs: false })
  const none = await gateway.ask('{ outgoingCdrs(first: 3) { nodes { id timeStart } } }', { token })
  expect(none.data).toEqual({ outgoingCdrs: null })
})
