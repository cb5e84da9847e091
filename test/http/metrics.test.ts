import { Counter } from 'prom-client'
import { describe, expect, it, vi } from 'vitest'
import { post } from './support/requests.ts'
import { startServer } from './support/server.ts'

async function metrics(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text()
}

describe('/metrics', () => {
  it('has requests by route, method and class of status', async () => {
    await using server = await startServer()
    await post(server.url, '{ hello }')
    await fetch(`${server.url}/${'unknown'.repeat(3)}`)
    await vi.waitFor(async () => {
      const text = await metrics(server.url)
      expect(text).toContain('http_request_duration_seconds_count{route="/graphql",method="POST",status="2xx"} 1')
      expect(text).toContain('http_request_duration_seconds_count{route="other",method="GET",status="4xx"} 1')
    })
    expect(await metrics(server.url)).not.toContain('unknown')
  })

  it('has the connections of each pool, and the process itself', async () => {
    await using server = await startServer()
    const text = await metrics(server.url)
    for (const database of ['primary', 'cdr']) {
      for (const state of ['total', 'idle', 'waiting']) {
        expect(text).toContain(`database_connections{database="${database}",state="${state}"} 0`)
      }
    }
    expect(text).toContain('nodejs_eventloop_lag_seconds')
  })

  it('shows what others register, and only for this server', async () => {
    await using server = await startServer()
    await using other = await startServer()
    new Counter({ name: 'graphql_denials_total', help: 'x', registers: [server.http.metrics] }).inc()
    expect(await metrics(server.url)).toContain('graphql_denials_total 1')
    expect(await metrics(other.url)).not.toContain('graphql_denials_total')
  })
})
