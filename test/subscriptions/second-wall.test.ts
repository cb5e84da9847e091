import { createSourceEventStream, execute, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { emptyCaches } from '../../src/schema/context.ts'
import { schema } from '../../src/schema/index.ts'
import type { Viewer } from '../../src/identity/viewer.ts'
import { anonymous } from '../../src/identity/viewer.ts'
import { customer } from '../http/support/viewers.ts'

const document = parse('subscription { outgoingActiveCalls(accountId: "x") { time count account { name } } }')
const reading = { accountId: 1, customerId: 7, time: '2026-01-01T00:00:00.000Z', count: 4242 }

/** What resolvers look at; everything else would be a hole. */
function contextOf(viewer: Viewer) {
  return { viewer, ...emptyCaches(), activeCalls: { watch: () => expect.unreachable('The source was opened') } }
}

describe('without the decision before execution, the rules at the resolvers', () => {
  it.each([
    ['FORBIDDEN', customer({ customerId: 7, flags: ['account'] })],
    ['UNAUTHENTICATED', anonymous],
  ])('MUST keep the source shut: %s', async (code, viewer) => {
    const result = await createSourceEventStream({ schema, document, contextValue: contextOf(viewer) })
    expect(result).toMatchObject({ errors: [{ originalError: { code } }] })
  })

  it.each([
    ['FORBIDDEN', customer({ customerId: 7, flags: ['account'] })],
    ['UNAUTHENTICATED', anonymous],
  ])('MUST keep an event shut that a source has given: %s', async (code, viewer) => {
    const event = { schema, document, rootValue: reading, contextValue: contextOf(viewer) }
    const result = await execute(event)
    expect(result).toMatchObject({ data: { outgoingActiveCalls: null }, errors: [{ originalError: { code } }] })
  })

  it('MUST keep an event shut that is of another customer’s account', async () => {
    const viewer = customer({ customerId: 8, flags: ['outgoingActiveCalls', 'account'] })
    const narrowed = customer({ customerId: 7, accountIds: [2], flags: ['outgoingActiveCalls', 'account'] })
    for (const each of [viewer, narrowed]) {
      const result = await execute({ schema, document, rootValue: reading, contextValue: contextOf(each) })
      expect(result).toMatchObject({ data: { outgoingActiveCalls: null } })
      expect(JSON.stringify(result)).not.toContain('4242')
    }
  })
})
