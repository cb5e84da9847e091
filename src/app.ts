import { hkdfSync } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql, type Databases } from './backends/databases.ts'
import { ownersIn } from './backends/active-calls/owners.ts'
import { ActiveCalls } from './backends/active-calls/watch.ts'
import { openCallSources } from './backends/call-sources.ts'
import { RunningSubscriptions } from './backends/running-subscriptions.ts'
import { createCryptomus } from './backends/cryptomus.ts'
import { Denials } from './backends/denials.ts'
import { makeExports } from './backends/exports.ts'
import { openFileStores } from './backends/file-store/open.ts'
import type { Config } from './config.ts'
import { openDataSources } from './data-sources.ts'
import { fitting } from './http/graphiql-fitting.ts'
import { explainer } from './http/explanations.ts'
import { demoTabs, plainTabs, type GraphiqlTab } from './http/graphiql-tabs.ts'
import { createHttpServer, type HttpServer } from './http/server.ts'
import { socketOperations } from './http/socket-operations.ts'
import { createSockets } from './http/sockets.ts'
import { createGraphql } from './http/yoga.ts'
import { definitionIn, viewerSchemas } from './enforcement/viewer-schema.ts'
import { loadCallTokens } from './identity/call-tokens.ts'
import { createIdentity, loadRolePolicy, loadSecrets, readAbsentColumns } from './identity/identity.ts'
import { createLog, type Log } from './log.ts'
import type { Services } from './schema/context.ts'
import { createCursors } from './schema/resource/cursors.ts'
import { encodeGlobalId } from './schema/resource/global-id.ts'
import { accessDifference } from './schema/rules/access-difference.ts'
import { withoutHidden } from './schema/rules/hidden-fields.ts'
import { schema } from './schema/index.ts'

/** A running gateway; disposing it finishes what is under way, then closes everything. */
export interface App extends AsyncDisposable {
  readonly url: string
  /** Serves on, but is not ready any more, for as long as balancers are given to notice. To be disposed after that. */
  retire(): Promise<void>
  readonly services: Services
}

/** Starts the gateway. Throws when a setting, a database or the port is not right, or `signal` interrupts it. */
export async function startApp(config: Config, signal?: AbortSignal): Promise<App> {
  const log = createLog(config.logLevel)
  await mkdir(config.dataDirectory, { recursive: true })
  const offered = withoutHidden(schema, config.hiddenFields)
  const schemaOf = viewerSchemas(offered)
  const issueCallToken = await loadCallTokens(config)
  const rolePolicy = await loadRolePolicy(config.adminPolicyFile)
  const sources = await openDataSources(config, log, signal)
  const { databases } = sources
  try {
    const secrets = await loadSecrets(config)
    const calls = await openCallSources(config.clickhouse, databases, log)
    databases.absent = await readAbsentColumns(databases, log)
    const services: Services = {
      config,
      issueCallToken,
      log,
      databases,
      identity: createIdentity({ config, secrets, databases, rolePolicy, log }),
      cursors: createCursors(
        new Uint8Array(hkdfSync('sha256', secrets.customer, '', 'yeti-portal-gateway/cursor', 32)),
      ),
      statistics: calls.statistics,
      activeCalls: new ActiveCalls({
        source: calls.active,
        owners: ownersIn(databases),
        interval: config.subscriptions.interval,
        log,
      }),
      runningSubscriptions: new RunningSubscriptions({ databases, log, processName: `${hostname()} ${process.pid}` }),
      cryptomus: config.cryptomus && createCryptomus(config.cryptomus),
      stores: await openFileStores(config),
      denials: new Denials({ databases, log }),
      foresight: {
        explain: explainer(() => graphql),
        definition: (scopes) => definitionIn(schemaOf(scopes)),
        difference: (before, after) => accessDifference(offered, before, after),
      },
    }
    const graphql = createGraphql(services, offered, schemaOf)
    const http = createHttpServer({
      ...services,
      graphql: (req, res) => graphql(req, res),
      sockets: createSockets({
        ...socketOperations(services, graphql),
        trusted: config.http,
        log,
        maxSockets: config.subscriptions.maxSockets,
        answerLimit: config.shutdown.limit,
      }),
      // GraphiQL opens also while the database is away.
      graphiqlTabs: async () => fitting(await tabsFor(config, databases).catch(plainTabs), offered),
    })
    const { url } = await http.listen()
    const exports = makeExports({ config, databases, store: services.stores.exports, log })
    return {
      url,
      services,
      retire: () => retire(http, config, log),
      async [Symbol.asyncDispose]() {
        await Promise.all([http, exports].map((part) => part[Symbol.asyncDispose]()))
        // Not before their connections are closed: a subscription that is said to be complete is not asked for again.
        await services.identity.access[Symbol.asyncDispose]()
        services.activeCalls[Symbol.dispose]()
        await services.denials[Symbol.asyncDispose]()
        await services.runningSubscriptions[Symbol.asyncDispose]()
        services.stores[Symbol.dispose]()
        await calls[Symbol.asyncDispose]()
        await sources[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await sources[Symbol.asyncDispose]()
    throw error
  }
}

async function retire(http: HttpServer, { shutdown: { delay } }: Config, log: Log): Promise<void> {
  if (delay === 0) return
  log.info(`Stopping: not ready any more, and serving for another ${delay / 1000} s`)
  http.retire()
  await sleep(delay)
}

async function tabsFor({ database }: Config, databases: Databases): Promise<GraphiqlTab[]> {
  return database.kind === 'embedded' ? tabsForDemo(databases) : plainTabs()
}

/** Milliseconds of a day. */
const day = 86_400_000

/** The examples of GraphiQL, on an account that the demo's logins see, since yesterday: the page changes once a day. */
async function tabsForDemo(databases: Databases): Promise<GraphiqlTab[]> {
  const [account] = await databases.query<{ uuid: string }>(
    'primary',
    sql`SELECT a.uuid FROM billing.accounts a JOIN sys.api_access l ON l.customer_id = a.contractor_id WHERE l.login = 'alice' ORDER BY a.id LIMIT 1`,
  )
  return account
    ? demoTabs({
        accountId: encodeGlobalId('Account', account.uuid),
        fromTime: new Date(Math.floor(Date.now() / day - 1) * day),
      })
    : plainTabs()
}
