import { print } from 'graphql'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { graphql } from './generated/gql.ts'
import { startGateway, type Gateway } from './support/gateway.ts'

const Dashboard = graphql(/* GraphQL */ `
  query Dashboard {
    viewer {
      login
      permissions
    }
    accounts(first: 1) {
      nodes {
        id
        name
        balance
      }
    }
    outgoingCdrs(first: 2) {
      nodes {
        timeStart
        duration
        customerPrice
      }
      pageInfo {
        hasNextPage
      }
    }
  }
`)

let gateway: Gateway

beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** The answer in the types that the code generator made of the schema. */
async function answerTo<Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
  token: string,
): Promise<Result> {
  const { data } = await gateway.ask(print(document), { token })
  return data
}

describe('a front end written against generated types', () => {
  it('MUST get values of the types that the schema promises', async () => {
    const { viewer, accounts, outgoingCdrs } = await answerTo(Dashboard, await gateway.signIn('alice'))
    const permission: 'OUTGOING_CDRS' | undefined = viewer?.permissions.find((name) => name === 'OUTGOING_CDRS')
    expect(permission).toBe('OUTGOING_CDRS')
    const balance: string | null | undefined = accounts?.nodes?.[0]?.balance
    expect(balance).toMatch(/^-?\d+(\.\d+)?$/)
    const durations: (number | null | undefined)[] | undefined = outgoingCdrs?.nodes?.map(({ duration }) => duration)
    expect(durations?.every((duration) => Number.isInteger(duration))).toBe(true)
  })

  it('MUST cope with null where the profile denies', async () => {
    const { viewer, accounts, outgoingCdrs } = await answerTo(Dashboard, await gateway.signIn('dave'))
    expect({ login: viewer?.login, accounts, outgoingCdrs }).toEqual({
      login: 'dave',
      accounts: null,
      outgoingCdrs: null,
    })
  })
})
