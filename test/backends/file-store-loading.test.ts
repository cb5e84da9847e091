import { createRequire } from 'node:module'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startGateway, type Gateway } from '../support/gateway.ts'
import { startS3Server, type S3Server } from '../support/s3-server.ts'

const { cache } = createRequire(import.meta.url)
let gateway: Gateway
let s3: S3Server

beforeAll(async () => {
  gateway = await startGateway()
  s3 = await startS3Server()
})
afterAll(async () => {
  await s3[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})

function amazons(): string[] {
  return Object.keys(cache).filter((path) => path.includes('@aws-sdk'))
}

it("MUST load Amazon's library only for a bucket: it is large", async () => {
  await gateway.signIn('alice')
  expect(amazons()).toEqual([])
  await using other = await gateway.another({ ...s3.settings, S3_EXPORTS_BUCKET: 'exports' })
  expect(await other.app.services.stores.exports.find('1.csv.gz')).toBeNull()
  expect(amazons()).not.toEqual([])
})
