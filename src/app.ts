import { hkdfSync } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { sql, type Databases } from './backends/databases.ts'
import { ownersIn } from './backends/active-calls/owners.ts'
import { postgresActiveCalls } from './backends/active-calls/postgres.ts'
import { ActiveCalls } from './backends/active-calls/watch.ts'
import { RunningSubscriptions } from './backends/running-subscriptions.ts'
import { createCryptomus } from './backends/cryptomus.ts'
import { Denials } from './backends/denials.ts'
import { makeExports } from './backends/exports.ts'
import { openFileStores } from './backends/file-store/open.ts'
import { postgresStatistics } from './backends/statistics/postgres.ts'
import type { Config } from './config.ts'
import { openDataSources } from './data-sources.ts'
import { fitting } from './http/graphiql-fitting.ts'
import { explainer } from './http/explanations.ts'
import { demoTabs, plainTabs, type GraphiqlTab } from './http/graphiql-tabs.ts'
import { createHttpServer } from './http/server.ts'
import { socketOperations } from './http/socket-operations.ts'
import { createSockets } from './http/sockets.ts'
import { createGraphql } from './http/yoga.ts'
import { definitionIn, viewerSchemas } from './enforcement/viewer-schema.ts'
import { loadCallTokens } from './identity/call-tokens.ts'
import { createIdentity, loadRolePolicy, loadSecrets } from './identity/identity.ts'
import { createLog } from './log.ts'
import type { Services } from './schema/context.ts'
import { createCursors } from './schema/resource/cursors.ts'
import { encodeGlobalId } from './schema/resource/global-id.ts'
import { accessDifference } from './schema/rules/access-difference.ts'
import { withoutHidden } from './schema/rules/hidden-fields.ts'
import { schema } from './schema/index.ts'

/** A running gateway; disposing it finishes what is under way, then closes everything. */
export interface App extends AsyncDisposable {
  readonly url: string
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
    const services: Services = {
      config,
      issueCallToken,
      log,
      databases,
      identity: createIdentity({ config, secrets, databases, rolePolicy, log }),
      cursors: createCursors(
        new Uint8Array(hkdfSync('sha256', secrets.customer, '', 'yeti-portal-gateway/cursor', 32)),
      ),
      statistics: postgresStatistics(databases),
      activeCalls: new ActiveCalls({
        source: postgresActiveCalls(databases),
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
      }),
      // GraphiQL opens also while the database is away.
      graphiqlTabs: async () => fitting(await tabsFor(config, databases).catch(plainTabs), offered),
    })
    const { url } = await http.listen()
    const exports = makeExports({ config, databases, store: services.stores.exports, log })
    return {
      url,
      services,
      async [Symbol.asyncDispose]() {
        // Subscriptions first: they have no end that could be waited for.
        const { access } = services.identity
        await Promise.all([access, http, exports].map((part) => part[Symbol.asyncDispose]()))
        services.activeCalls[Symbol.dispose]()
        await services.denials[Symbol.asyncDispose]()
        await services.runningSubscriptions[Symbol.asyncDispose]()
        services.stores[Symbol.dispose]()
        await sources[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await sources[Symbol.asyncDispose]()
    throw error
  }
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
