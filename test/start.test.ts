import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { startGateway, type Gateway } from './support/gateway.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const secrets = {
  CUSTOMER_JWT_SECRET: 'a-secret-that-must-not-be-printed-1',
  ADMIN_JWT_SECRET: 'a-secret-that-must-not-be-printed-2',
}
/** A first start compiles and makes 60 days of demo calls. */
const patience = 120_000

interface Run {
  readonly process: ChildProcess
  readonly output: { out: string; err: string }
  /** Resolves when standard output (or error) has this. */
  says(text: RegExp, where?: 'out' | 'err'): Promise<RegExpMatchArray>
  /** The exit code, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals | null>
}

const running = new Set<ChildProcess>()

/** `npm start` with these settings and nothing of ours in the environment. */
function start(settings: Readonly<Record<string, string>>): Run {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, ['scripts/start.js'], {
    cwd: root,
    env: { PATH, HOME, PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  child.once('close', () => running.delete(child))
  const output = { out: '', err: '' }
  child.stdout.on('data', (text) => (output.out += String(text)))
  child.stderr.on('data', (text) => (output.err += String(text)))
  const closed = once(child, 'close')
  return {
    process: child,
    output,
    async says(text, where = 'out') {
      return vi.waitUntil(
        () => {
          if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${output.out}${output.err}`)
          return output[where].match(text)
        },
        { timeout: patience, interval: 50 },
      )
    },
    async ended() {
      const [code, signal] = await closed
      return code ?? signal
    },
  }
}

afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

async function ask(url: string, query: string, token?: string) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query }),
  })
  return response.json()
}

async function expectServes(url: string): Promise<void> {
  const { data } = await ask(url, 'mutation { signIn(login: "alice", password: "alice-demo") { token } }')
  const answer = await ask(
    url,
    '{ outgoingCdrs(first: 3) { totalCount nodes { id timeStart customerPrice } } }',
    data.signIn.token,
  )
  expect(answer.errors).toBeUndefined()
  expect(answer.data.outgoingCdrs.nodes).toHaveLength(3)
  expect(answer.data.outgoingCdrs.totalCount).toBeGreaterThan(100)
}

const ready = /Yeti portal gateway: (http:\/\/127\.0\.0\.1:\d+\/graphql)[\s\S]*admin-demo/

/** What a person can do something with, and nothing of the inside. */
function expectClear({ output }: Run): void {
  expect(output.err.trim()).not.toBe('')
  expect(output.err).not.toMatch(/^\s+at .*[:(]\d+/m)
  expect(output.err + output.out).not.toMatch(/must-not-be-printed|pass-word/)
}

describe('The embedded gateway', () => {
  let directory: string
  let first: Run
  let url: string

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'portal-start-'))
    first = start({ DATA_DIR: directory })
    url = (await first.says(ready))[1] ?? ''
  }, patience)
  afterAll(() => rm(directory, { recursive: true, force: true }))

  it('MUST print its URL and the demo logins', () => {
    for (const login of ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'admin'])
      expect(first.output.out).toMatch(new RegExp(`${login}\\s+${login}-demo`))
  })

  it('MUST answer a signed-in customer, with no setting at all', () => expectServes(url))

  it('MUST be alive, ready, and show its page to browsers', async () => {
    const at = new URL(url).origin
    expect((await fetch(`${at}/healthz`)).status).toBe(200)
    expect((await fetch(`${at}/readyz`)).status).toBe(200)
    const page = await fetch(url, { headers: { accept: 'text/html' } })
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toContain('text/html')
  })

  it('MUST refuse a second gateway on the same folder, clearly', async () => {
    const second = start({ DATA_DIR: directory })
    expect(await second.ended()).toBe(1)
    expectClear(second)
    expect(second.output.err).toContain(directory)
    expect(second.output.out).not.toContain('Yeti portal gateway:')
    await expectServes(url)
  })

  it('MUST end with code 0 on SIGTERM, start again on the same data, and end on SIGINT', async () => {
    first.process.kill('SIGTERM')
    expect(await first.ended()).toBe(0)
    expectNoStack(first)
    await expect(fetch(url)).rejects.toThrow()
    await expectNoServer(directory)

    const again = start({ DATA_DIR: directory })
    await expectServes((await again.says(ready))[1] ?? '')
    again.process.kill('SIGINT')
    expect(await again.ended()).toBe(0)
    expectNoStack(again)
    await expectNoServer(directory)
  })
})

function expectNoStack({ output }: Run): void {
  expect(output.err).not.toMatch(/^\s+at .*[:(]\d+/m)
}

/** No PostgreSQL runs on that folder any more; one that does is ended, so that a failure leaves nothing behind. */
async function expectNoServer(directory: string): Promise<void> {
  const files = await readdir(join(directory, 'postgres'), { recursive: true })
  const pidFile = files.find((file) => file.endsWith('postmaster.pid'))
  if (pidFile === undefined) return
  const pid = Number((await readFile(join(directory, 'postgres', pidFile), 'utf8')).split('\n')[0])
  const isAlive = (): boolean => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }
  try {
    await vi.waitFor(() => expect(isAlive()).toBe(false), { timeout: 5_000, interval: 100 })
  } finally {
    if (isAlive()) process.kill(pid, 'SIGQUIT')
  }
}

describe('A start that is interrupted', () => {
  it(
    'MUST end soon, and leave no server behind',
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'portal-start-'))
      const run = start({ DATA_DIR: directory })
      await run.says(/Demo data/, 'err')
      const interrupted = Date.now()
      run.process.kill('SIGTERM')
      expect([0, 143, 'SIGTERM']).toContain(await run.ended())
      // Not after the whole demo, which takes longer than anybody waits.
      expect(Date.now() - interrupted).toBeLessThan(10_000)
      expectNoStack(run)
      await expectNoServer(directory)
      await rm(directory, { recursive: true, force: true })
    },
    patience,
  )
})

describe('A start that cannot be', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'portal-start-'))
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))
  afterEach(() => {
    for (const child of running) child.kill('SIGKILL')
  })

  it('MUST end with code 1 and one message that names every wrong setting', async () => {
    const run = start({
      DATA_DIR: directory,
      PORT: 'http',
      LOG_LEVEL: 'loud',
      GRAPHIQL: 'maybe',
      CUSTOMER_JWT_SECRET: 'pass-word',
    })
    expect(await run.ended()).toBe(1)
    expectClear(run)
    for (const name of ['PORT', 'LOG_LEVEL', 'GRAPHIQL', 'CUSTOMER_JWT_SECRET'])
      expect(run.output.err).toMatch(new RegExp(`^\\s*${name}: `, 'm'))
    expect(run.output.err.match(/not right/g)).toHaveLength(1)
    expect(run.output.out).not.toContain('gateway:')
  })

  it('MUST go on trying, and say so, while DATABASE_URL leads nowhere', async () => {
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    const { port } = probe.address() as { port: number }
    probe.close()
    const run = start({
      DATA_DIR: directory,
      ...secrets,
      DATABASE_URL: `postgresql://reader:pass-word@127.0.0.1:${port}/yeti`,
    })
    await run.says(/(DATABASE_URL.*(?:not answer|trying again)[\s\S]*){2}/, 'err')
    expectClear(run)
    run.process.kill('SIGTERM')
    expect([0, 143, 'SIGTERM']).toContain(await run.ended())
  })

  it('MUST end with code 1 when DATABASE_URL is of a database without the tables of Yeti', async () => {
    const run = start({ DATA_DIR: directory, ...secrets, DATABASE_URL: inject('serverUrl') })
    expect(await run.ended()).toBe(1)
    expectClear(run)
    expect(run.output.err).toMatch(/DATABASE_URL: .*sys\.api_access/)
  })

  it('MUST end with code 1 when the password or the database of DATABASE_URL is wrong', async () => {
    const password = Object.assign(new URL(inject('serverUrl')), { password: 'pass-word' }).href
    const database = Object.assign(new URL(inject('serverUrl')), { pathname: '/nowhere' }).href
    for (const DATABASE_URL of [password, database]) {
      const run = start({ DATA_DIR: directory, ...secrets, DATABASE_URL })
      expect(await run.ended()).toBe(1)
      expectClear(run)
      expect(run.output.err).toContain('DATABASE_URL: ')
    }
  })

  it('MUST end with code 1 when the port is taken, and name it', async () => {
    await using other = await startGateway()
    const run = start({ DATA_DIR: directory, ...besideYeti(other), PORT: new URL(other.url).port })
    expect(await run.ended()).toBe(1)
    expectClear(run)
    expect(run.output.err).toContain(new URL(other.url).port)
  })
})

function besideYeti({ app }: Gateway): Record<string, string> {
  const { database } = app.services.config
  if (database.kind !== 'external') throw new TypeError('Not the gateway of the tests')
  return { ...secrets, DATABASE_URL: database.primaryUrl, CDR_DATABASE_URL: database.cdrUrl }
}

describe('A gateway beside an existing Yeti', () => {
  it('MUST print its URL and no logins, serve, and end with code 0 on SIGTERM', async () => {
    await using other = await startGateway()
    const directory = await mkdtemp(join(tmpdir(), 'portal-start-'))
    const run = start({ DATA_DIR: directory, ...besideYeti(other) })
    const [, url = ''] = await run.says(/Yeti portal gateway: (\S+)/)
    await expectServes(url)
    expect(run.output.out).not.toContain('-demo')
    run.process.kill('SIGTERM')
    expect(await run.ended()).toBe(0)
    expectNoStack(run)
    await rm(directory, { recursive: true, force: true })
  })
})
