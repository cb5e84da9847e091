import { describe, expect, it, vi } from 'vitest'
import { UnavailableError } from '../../src/errors.ts'
import { fakeDatabases, startServer } from './support/server.ts'

async function readiness(query: Parameters<typeof fakeDatabases>[0]): Promise<[number, string]> {
  await using server = await startServer({ databases: fakeDatabases(query) })
  const response = await fetch(`${server.url}/readyz`)
  return [response.status, await response.text()]
}

describe('/healthz', () => {
  it('is 200 while the process answers, whatever the databases do', async () => {
    const databases = fakeDatabases(() => Promise.reject(new UnavailableError()))
    await using server = await startServer({ databases })
    const response = await fetch(`${server.url}/healthz`)
    expect([response.status, await response.text()]).toEqual([200, 'ok'])
    expect((await fetch(`${server.url}/healthz`, { method: 'HEAD' })).status).toBe(200)
  })
})

describe('/readyz', () => {
  it('is 200 when both databases answer', async () => {
    const asked: string[] = []
    expect(
      await readiness(async (database) => {
        asked.push(database)
        return []
      }),
    ).toEqual([200, 'ok'])
    expect(asked).toEqual(['primary', 'cdr'])
  })

  it('is 503 and names nothing when one of them does not', async () => {
    const broken = new UnavailableError(new Error('connect ECONNREFUSED 10.0.0.1:5432'))
    const answer = await readiness(async (database) => (database === 'cdr' ? Promise.reject(broken) : []))
    expect(answer).toEqual([503, 'not ready'])
  })

  it('is 503 when one of them takes longer than two seconds', async () => {
    const start = performance.now()
    expect(await readiness(() => new Promise(() => undefined))).toEqual([503, 'not ready'])
    expect(performance.now() - start).toBeLessThan(3_000)
  })

  it('asks the databases once for probes that come together', async () => {
    const query = vi.fn(() => new Promise<never[]>((resolve) => setTimeout(resolve, 100, [])))
    await using server = await startServer({ databases: fakeDatabases(query) })
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => (await fetch(`${server.url}/readyz`)).status),
    )
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(query).toHaveBeenCalledTimes(2)
  })
})
