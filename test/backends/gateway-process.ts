import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import ts from 'typescript'
import { z } from 'zod'

const said = z.looseObject({ event: z.string(), message: z.string().default(''), url: z.string().default('') })
export type Said = z.infer<typeof said>

export interface GatewayProcess {
  readonly child: ChildProcess
  readonly pid: number
  /** The first line of that kind, said already or still to come. */
  hears(event: string): Promise<Said>
  /** Ends it; resolves when it is gone. */
  end(signal: NodeJS.Signals): Promise<void>
}

const repository = fileURLToPath(new URL('../..', import.meta.url))
const child = 'test/backends/embedded-postgres-child'

/** Compiles what a gateway process needs, so that starting one costs no more than Node itself. */
export async function compileGateway(target: string): Promise<void> {
  const folder = 'src/backends/embedded-postgres'
  const helpers = (await readdir(join(repository, folder))).map((file) => join(folder, file.replace(/\.ts$/, '')))
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2022,
    rewriteRelativeImportExtensions: true,
  }
  for (const path of [...helpers, folder, child]) {
    const source = await readFile(join(repository, `${path}.ts`), 'utf8')
    await mkdir(dirname(join(target, path)), { recursive: true })
    await writeFile(join(target, `${path}.js`), ts.transpileModule(source, { compilerOptions }).outputText)
  }
  await writeFile(join(target, 'package.json'), '{ "type": "module" }')
}

export async function linkModules(target: string): Promise<void> {
  await symlink(join(repository, 'node_modules'), join(target, 'node_modules'))
}

/** Starts a compiled gateway process on a directory. */
export function spawnGateway(compiled: string, directory: string, options: SpawnOptions = {}): GatewayProcess {
  const spawned = spawn(process.execPath, [join(compiled, `${child}.js`), directory], {
    ...options,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (spawned.stdout === null || spawned.pid === undefined) throw new Error('the gateway process did not start')
  const lines: Said[] = []
  const waiting = new Set<() => void>()
  createInterface({ input: spawned.stdout }).on('line', (line) => {
    lines.push(said.parse(JSON.parse(line)))
    for (const look of waiting) look()
  })
  const gone = once(spawned, 'exit')
  return {
    child: spawned,
    pid: spawned.pid,
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
      spawned.kill(signal)
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
