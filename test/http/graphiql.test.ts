import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { request } from 'node:http'
import { readFile } from 'node:fs/promises'
import { buildSchema, parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoTabs, plainTabs } from '../../src/http/graphiql-tabs.ts'
import { startServer, type TestServer } from './support/server.ts'

const subject = { accountId: '8f7f6a1e-0000-4000-8000-000000000001', fromTime: new Date('2026-01-02T03:04:05Z') }

let server: TestServer
beforeAll(async () => void (server = await startServer({ graphiqlTabs: () => demoTabs(subject) })))
afterAll(() => server[Symbol.asyncDispose]())

function page(headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Response> {
  return fetch(`${server.url}/graphql`, { method, headers: { accept: 'text/html,*/*;q=0.8', ...headers } })
}

/** Without the decompression that fetch does by itself. */
function bytes(
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ encoding: string | undefined; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const req = request(server.url + path, { headers }, async (res) => {
      resolve({ encoding: res.headers['content-encoding'], body: Buffer.concat(await res.toArray()) })
    })
    req.on('error', reject).end()
  })
}

async function assetPaths(): Promise<string[]> {
  const html = await (await page()).text()
  return [...html.matchAll(/(?:href|src)="(graphql\/[^"]+)"/g)].map(([, path]) => `/${path}`)
}

describe('GraphiQL', () => {
  it('is what a browser gets at /graphql', async () => {
    const response = await page()
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await response.text()).toContain('<title>Yeti portal gateway</title>')
  })

  it('is not what a program gets, nor anybody when it is switched off', async () => {
    expect((await page({ accept: 'application/json' })).headers.get('content-type')).not.toContain('text/html')
    await using plain = await startServer({ settings: { GRAPHIQL: 'false' } })
    const response = await fetch(`${plain.url}/graphql`, { headers: { accept: 'text/html' } })
    expect(await response.text()).not.toContain('<html')
    expect((await fetch(`${plain.url}/graphql/assets/x/graphiql.js`)).status).toBe(404)
  })

  it('loads nothing from outside', async () => {
    const html = await (await page()).text()
    const loads = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, url = '']) => url)
    expect(loads.filter((url) => !url.startsWith('graphql/assets/') && !url.startsWith('data:'))).toEqual([])
    const css = await (await fetch(server.url + (await assetPaths())[0])).text()
    expect(css).not.toMatch(/@import|url\(\s*["']?(?:https?:)?\/\//)
  })

  it('brings every file that it needs', async () => {
    const paths = await assetPaths()
    const folder = paths[0]?.replace('graphiql.css', '') ?? ''
    const workers = ['editorWorkerService.js', 'json.js', 'graphql.js'].map((name) => folder + name)
    for (const path of [...paths, ...workers]) {
      const response = await fetch(server.url + path)
      expect([path, response.status]).toEqual([path, 200])
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    }
  })

  it.each(['/graphql/assets/0000000000000000/graphiql.js', '/graphql/assets/', '/graphql/assets/x'])(
    'has nothing at %s',
    async (path) => expect((await fetch(server.url + path)).status).toBe(404),
  )

  it('comes compressed as the browser takes it', async () => {
    const [, script = ''] = await assetPaths()
    const plain = await bytes(script, {})
    const brotli = await bytes(script, { 'accept-encoding': 'gzip, deflate, br' })
    const gzip = await bytes(script, { 'accept-encoding': 'gzip, br;q=0' })
    expect([plain.encoding, brotli.encoding, gzip.encoding]).toEqual([undefined, 'br', 'gzip'])
    expect(brotliDecompressSync(brotli.body).equals(plain.body)).toBe(true)
    expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true)
    expect(brotli.body.length).toBeLessThan(plain.body.length / 3)
  })

  it('is not sent again to a browser that has it', async () => {
    const first = await page()
    const etag = first.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[^"]+"$/)
    expect(first.headers.get('cache-control')).toBe('no-cache')
    const again = await page({ 'if-none-match': `"other", W/${etag}` })
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
    expect((await page({ 'if-none-match': '"other"' })).status).toBe(200)
  })

  it('answers HEAD', async () => {
    const response = await page({}, 'HEAD')
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect(response.headers.get('etag')).toMatch(/^"/)
    const program = await fetch(`${server.url}/graphql`, { method: 'HEAD' })
    expect([program.status, program.headers.get('allow')]).toEqual([405, 'GET, POST, OPTIONS'])
  })

  it('lets no text of a tab end the script that carries it', async () => {
    const evil = '</script><script>alert(1)</script>'
    await using other = await startServer({ graphiqlTabs: () => [{ query: evil, variables: { evil } }] })
    const html = await (await fetch(`${other.url}/graphql`, { headers: { accept: 'text/html' } })).text()
    expect(html).not.toContain('<script>alert')
    expect(JSON.parse(optionsOf(html)).defaultTabs[0].query).toBe(evil)
  })

  it('keeps no tokens in the browser', async () => {
    expect(JSON.parse(optionsOf(await (await page()).text()))).toMatchObject({
      shouldPersistHeaders: false,
      credentials: 'same-origin',
    })
  })
})

function optionsOf(html: string): string {
  return /<script id="options" type="application\/json">(.*?)<\/script>/s.exec(html)?.[1] ?? ''
}

describe('the example tabs', () => {
  it.each([
    ['demo', demoTabs(subject)],
    ['plain', plainTabs()],
  ])('of the %s data are one named operation each, with a comment', (_, tabs) => {
    for (const { query } of tabs) {
      expect(parse(query).definitions).toHaveLength(1)
      expect(query).toMatch(/^#.*\n(#.*\n)*(query|mutation|subscription) \w+/)
    }
  })

  it('ask what the schema has', async () => {
    const schema = buildSchema(await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8'))
    for (const { query } of [...demoTabs(subject), ...plainTabs()]) expect(validate(schema, parse(query))).toEqual([])
  })

  it('of the demo data name its account and time, and nobody’s in the others', () => {
    expect(demoTabs(subject).find(({ variables }) => variables)?.variables).toEqual({
      accountId: subject.accountId,
      fromTime: '2026-01-02T03:04:05.000Z',
    })
    expect(JSON.stringify(plainTabs())).not.toMatch(/alice|bob|carol|demo/)
  })
})
