import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { z } from 'zod'

const said = z.looseObject({ event: z.string(), message: z.string().default(''), url: z.string().default('') })
export type Said = z.infer<typeof said>

const loader = new URL('typescript-loader.js', import.meta.url).href

export interface GatewayProcess {
  readonly child: ChildProcess
  readonly pid: number
  /** The first line of that kind, said already or still to come. */
  hears(event: string): Promise<Said>
  /** Ends it; resolves when it is gone. */
  end(signal: NodeJS.Signals): Promise<void>
}

export const here = fileURLToPath(new URL('.', import.meta.url))

export function spawnGateway(directory: string, options: SpawnOptions = {}, folder = here): GatewayProcess {
  const script = join(folder, 'embedded-postgres-child.ts')
  const child = spawn(process.execPath, ['--import', loader, script, directory], {
    ...options,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: Said[] = []
  const waiting = new Set<() => void>()
  if (child.stdout === null || child.pid === undefined) throw new Error('the child did not start')
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(said.parse(JSON.parse(line)))
    for (const look of waiting) look()
  })
  const gone = once(child, 'exit')
  return {
    child,
    pid: child.pid,
    hears: (event) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find((line) => line.event === event)
          if (found !== undefined) resolve(found)
        }
        waiting.add(look)
        look()
        void gone.then(() =>
          setTimeout(() => reject(new Error(`ended without ${event}: ${JSON.stringify(lines)}`)), 200),
        )
      }),
    end: async (signal) => {
      child.kill(signal)
      await gone
    },
  }
}

export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql)
    return rows
  } finally {
    await client.end()
  }
}

/** The postmaster that serves a directory, by its own pid file. */
export async function serverPid(directory: string): Promise<number> {
  return Number((await readFile(join(directory, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0])
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
