// @ts-check
import { GraphQLScalarType } from 'graphql'
import { fields } from '../../lib/page.js'

/** The part of the gateway's schema that the page needs, as one writes it by hand. */
export const typeDefs = `
  scalar BigInt
  scalar DateTime
  scalar Decimal

  type Query {
    outgoingCdrs(first: Int, where: OutgoingCdrWhere): OutgoingCdrConnection
  }

  input OutgoingCdrWhere {
    timeStart: DateTimeFilter
  }

  input DateTimeFilter {
    gte: DateTime
  }

  type OutgoingCdrConnection {
    nodes: [OutgoingCdr!]
  }

  type OutgoingCdr {
    ${Object.entries(fields)
      .map(([name, [, type]]) => `${name}: ${type}`)
      .join('\n    ')}
  }
`

export const DateTime = new GraphQLScalarType({
  name: 'DateTime',
  serialize: (value) => (value instanceof Date ? value.toISOString() : value),
})

/**
 * What the list is asked for.
 * @param {{ first: number, where: { timeStart: { gte: string } } }} args
 */
export function pageOf({ first, where }) {
  return { first, from: where.timeStart.gte }
}
