import { createServer, request, type Server } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { clientAddress } from '../../src/identity/identity.ts'

type Headers = Readonly<Record<string, string | string[]>>
let server: Server | undefined

afterEach(() => void server?.close())

/** What the gateway takes for the client's address when somebody at 127.0.0.1 sends these headers. */
async function seen(trustedProxies: readonly string[], headers: Headers = {}): Promise<string> {
  const read = clientAddress(trustedProxies)
  const listening = createServer((incoming, response) => response.end(JSON.stringify(read(incoming))))
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const address = listening.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, headers }, (response) => {
      response.setEncoding('utf8').on('data', (body: string) => resolve(JSON.parse(body)))
    })
      .on('error', reject)
      .end()
  })
}

describe('Without trusted proxies', () => {
  test('the address MUST be the peer’s', async () => {
    expect(await seen([])).toBe('127.0.0.1')
  })

  test.each(['x-forwarded-for', 'x-real-ip', 'forwarded', 'cf-connecting-ip'])(
    '%s MUST NOT be believed',
    async (name) => {
      expect(await seen([], { [name]: '10.0.0.1' })).toBe('127.0.0.1')
      expect(await seen(['192.0.2.1'], { [name]: '10.0.0.1' })).toBe('127.0.0.1')
    },
  )
})

describe('Behind a trusted proxy', () => {
  const proxies = ['127.0.0.0/8', '10.0.0.2']

  test.each<[string, Headers, string]>([
    ['the address that X-Forwarded-For ends with', { 'x-forwarded-for': '198.51.100.7' }, '198.51.100.7'],
    ['not what the client wrote before it', { 'x-forwarded-for': '10.9.9.9, 198.51.100.7' }, '198.51.100.7'],
    [
      'the last that is no trusted proxy, of three hops',
      { 'x-forwarded-for': '1.1.1.1, 198.51.100.7, 10.0.0.2' },
      '198.51.100.7',
    ],
    ['X-Real-IP where it stands alone', { 'x-real-ip': '198.51.100.7' }, '198.51.100.7'],
    ['both where they agree', { 'x-real-ip': '198.51.100.7', 'x-forwarded-for': '198.51.100.7' }, '198.51.100.7'],
    [
      'X-Forwarded-For where X-Real-IP is only another proxy',
      { 'x-real-ip': '10.0.0.2', 'x-forwarded-for': '198.51.100.7, 10.0.0.2' },
      '198.51.100.7',
    ],
    ['the proxy’s own where it says nothing', {}, '127.0.0.1'],
  ])('the address MUST be %s', async (_, headers, expected) => {
    expect(await seen(proxies, headers)).toBe(expected)
  })

  test('a header that only the client can have written MUST NOT be believed against the proxy’s', async () => {
    expect(await seen(proxies, { 'x-real-ip': '198.51.100.7', 'x-forwarded-for': '10.9.9.9' })).toBe('')
    expect(await seen(proxies, { 'x-real-ip': ['198.51.100.7', '10.9.9.9'], 'x-forwarded-for': '198.51.100.7' })).toBe(
      '',
    )
  })
})

test('A list of proxies that cannot be read MUST NOT be taken', () => {
  expect(() => clientAddress(['127.0.0.1', 'my-proxy'])).toThrow('my-proxy')
})
