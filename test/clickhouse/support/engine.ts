import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** ClickHouse's own words, its code among them. */
export class EngineError extends Error {}

export interface Engine extends AsyncDisposable {
  /** Runs a statement after others that prepare it; nothing else runs in between. */
  run(statement: string, format?: string, setup?: readonly string[]): Promise<string>
}

interface Reply {
  readonly id: number
  readonly result?: string
  readonly error?: string
}

/** Starts ClickHouse without any table; its server's clock is that of the time zone. */
export async function startEngine(timeZone = 'UTC'): Promise<Engine> {
  const directory = await mkdtemp(join(tmpdir(), 'portal-clickhouse-'))
  const child = fork(fileURLToPath(new URL('../engine.js', import.meta.url)), [join(directory, 'data')], {
    env: { ...process.env, TZ: timeZone },
    execArgv: [],
  })
  const waiting = new Map<number, PromiseWithResolvers<string>>()
  let last = 0
  let ended = false

  child.on('message', (message) => {
    const { id, result = '', error } = message as Reply // what engine.js sends
    const asked = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) asked?.resolve(result)
    else asked?.reject(new EngineError(error.replace(/^Query failed: /, '')))
  })
  child.on('exit', (code, signal) => {
    ended = true
    for (const { reject } of waiting.values()) reject(new Error(`ClickHouse ended with ${code ?? signal}`))
    waiting.clear()
  })

  return {
    run(statement, format = 'TabSeparated', setup = []) {
      if (ended) return Promise.reject(new Error('ClickHouse is not running'))
      const id = ++last
      const asked = promiseWithResolvers<string>()
      waiting.set(id, asked)
      child.send({ id, setup, statement, format })
      return asked.promise
    },
    async [Symbol.asyncDispose]() {
      if (!ended) {
        child.disconnect()
        await once(child, 'exit')
      }
      await rm(directory, { recursive: true, force: true })
    },
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: Error) => void
}

/** `Promise.withResolvers`, which Node 20 has not. */
function promiseWithResolvers<T>(): PromiseWithResolvers<T> {
  let settle: Omit<PromiseWithResolvers<T>, 'promise'> | undefined
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject }
  })
  if (!settle) throw new Error('a promise starts at once')
  return { promise, ...settle }
}
