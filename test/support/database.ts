import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../src/backends/embedded-postgres.ts'
import { createLog } from '../../src/log.ts'
import { fillTemplates, migrateTemplates, type Templates } from './templates.ts'
import { onYetisTables } from './yeti/switch.ts'
import { yetiTemplates } from './yeti/templates.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Connects to the server of the primary databases; `yeti` on it is a template, not to be opened. */
    readonly serverUrl: string
    /** The same for the CDR databases and `cdr`; the same server unless the tests run on Yeti's own tables. */
    readonly cdrServerUrl: string
    /** As whom gateways connect to each; superusers unless the tests run on Yeti's own tables. */
    readonly gatewayUrl: string
    readonly gatewayCdrUrl: string
    readonly recordings: string
  }
}

/** The PostgreSQL of the whole run, with a small demo that each test file gets copies of. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'portal-tests-'))
  const recordings = join(directory, 'recordings')
  const templates = await (onYetisTables ? yetiTemplates : migratedTemplates)(directory, recordings)
  project.provide('serverUrl', templates.serverUrl)
  project.provide('cdrServerUrl', templates.cdrServerUrl)
  project.provide('gatewayUrl', templates.gatewayUrl)
  project.provide('gatewayCdrUrl', templates.gatewayCdrUrl)
  project.provide('recordings', recordings)
  return async () => {
    await templates[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  }
}

/** One server for both databases, with the tables that our migrations make. */
async function migratedTemplates(directory: string, recordings: string): Promise<Templates> {
  const server = await startEmbeddedPostgres({
    directory: join(directory, 'postgres'),
    databases: ['yeti', 'cdr'],
    log: createLog('error'),
  })
  try {
    await migrateTemplates(server.urlFor('yeti'), server.urlFor('cdr'))
    await fillTemplates(server.urlFor('yeti'), server.urlFor('cdr'), recordings)
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
  const url = server.urlFor('postgres')
  return {
    serverUrl: url,
    cdrServerUrl: url,
    gatewayUrl: url,
    gatewayCdrUrl: url,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
