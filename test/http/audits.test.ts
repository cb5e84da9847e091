import { auditServer } from 'graphql-http'
import { expect, it } from 'vitest'
import { startServer } from './support/server.ts'

it('keeps all 61 points of GraphQL over HTTP, with what stands before GraphQL', async () => {
  await using server = await startServer()
  const results = await auditServer({ url: `${server.url}/graphql`, fetchFn: fetch })
  expect(results.filter(({ status }) => status !== 'ok').map(({ id, name }) => `${id} ${name}`)).toEqual([])
  expect(results).toHaveLength(61)
})
