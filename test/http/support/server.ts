import { pino } from 'pino'
import pg from 'pg'
import { createSchema, createYoga } from 'graphql-yoga'
import { expect } from 'vitest'
import type { Databases } from '../../../src/backends/databases.ts'
import { openFileStores } from '../../../src/backends/file-store/open.ts'
import { readConfig } from '../../../src/config.ts'
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../../../src/http/server.ts'
import type { Log } from '../../../src/log.ts'

export interface TestServer extends AsyncDisposable {
  readonly http: HttpServer
  readonly url: string
  readonly port: number
  /** What the log says, a line of JSON each. */
  readonly logged: string[]
}

export type TestOptions = Partial<Omit<HttpServerOptions, 'config' | 'log'>> & {
  readonly settings?: Readonly<Record<string, string>>
}

/** The real server on a free port; whatever a test does not give it is as small as it can be. */
export async function startServer({ settings, ...options }: TestOptions = {}): Promise<TestServer> {
  const { log, logged } = memoryLog()
  const config = readConfig({ PORT: '0', ...settings })
  const http = createHttpServer({
    config,
    log,
    databases: fakeDatabases(),
    stores: await openFileStores(config),
    identity: { openFileLink: async () => null },
    graphql: smallGraphql(),
    ...options,
  })
  const { port } = await http.listen()
  const url = `http://127.0.0.1:${port}`
  return { http, url, port, logged, [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() }
}

function memoryLog(): { log: Log; logged: string[] } {
  const logged: string[] = []
  return { log: pino({ level: 'debug', base: null }, { write: (line: string) => void logged.push(line) }), logged }
}

/** Pools that never connect, and queries that answer as told. */
export function fakeDatabases(query: Databases['query'] = async () => [], cdr = new pg.Pool()): Databases {
  const texts: Databases['texts'] = async () => []
  const transaction: Databases['transaction'] = async () => expect.unreachable('Nothing here writes')
  return {
    primary: new pg.Pool(),
    cdr,
    replica: null,
    onStatement: null,
    query,
    texts,
    transaction,
    async [Symbol.asyncDispose]() {},
  }
}

/** Yoga as the gateway sets it up, over a schema of a few fields. */
export function smallGraphql() {
  const schema = createSchema({
    typeDefs: /* GraphQL */ `
      type Query {
        hello: String
        slow(milliseconds: Int!): String
        echo(text: String!): Int
      }
      type Mutation {
        signIn: Boolean
      }
      type Subscription {
        ticks: Int
      }
    `,
    resolvers: {
      Query: {
        hello: () => 'world',
        slow: (_: unknown, { milliseconds }: { milliseconds: number }) =>
          new Promise((resolve) => setTimeout(resolve, milliseconds, 'done')),
        echo: (_: unknown, { text }: { text: string }) => text.length,
      },
      Mutation: { signIn: () => true },
      Subscription: {
        ticks: {
          async *subscribe() {
            for (let ticks = 0; ; ticks++) {
              yield { ticks }
              await new Promise((resolve) => setTimeout(resolve, 50))
            }
          },
        },
      },
    },
  })
  return createYoga({ schema, cors: false, graphiql: false, landingPage: false, logging: false, multipart: false })
}
