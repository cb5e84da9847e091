import { beforeAll, describe, expect, test, vi } from 'vitest'
import { copyTemplates, type Copies } from '../support/copies.ts'
import { startGatewayOn, type Gateway } from '../support/gateway.ts'
import { list } from './support.ts'

/** Everything that the catalogue knows outside `portal`, with definitions, owners and rights. */
const catalogue = `
  WITH schemas AS (SELECT * FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)' AND nspname <> 'portal')
  SELECT concat_ws(' ', 'schema', nspname, nspowner::regrole, nspacl) FROM schemas
  UNION ALL
  SELECT concat_ws(' ', 'relation', relkind, s.nspname, relname, relowner::regrole, relacl, reloptions, relpersistence,
                   obj_description(c.oid, 'pg_class'), CASE relkind WHEN 'i' THEN pg_get_indexdef(c.oid) END)
  FROM pg_class c JOIN schemas s ON s.oid = relnamespace
  UNION ALL
  SELECT concat_ws(' ', 'column', s.nspname, relname, attnum, attname, format_type(atttypid, atttypmod), attnotnull,
                   attisdropped, attacl, pg_get_expr(adbin, adrelid))
  FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid JOIN schemas s ON s.oid = relnamespace
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
  UNION ALL
  SELECT concat_ws(' ', 'function', p.oid::regprocedure, proowner::regrole, proacl, md5(prosrc))
  FROM pg_proc p JOIN schemas s ON s.oid = pronamespace
  UNION ALL
  SELECT concat_ws(' ', 'type', s.nspname, typname, typowner::regrole, typacl)
  FROM pg_type JOIN schemas s ON s.oid = typnamespace
  UNION ALL
  SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(k.oid))
  FROM pg_constraint k JOIN schemas s ON s.oid = connamespace
  UNION ALL
  SELECT concat_ws(' ', 'trigger', tgrelid::regclass, tgname, tgenabled, pg_get_triggerdef(t.oid))
  FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN schemas s ON s.oid = relnamespace
  UNION ALL
  SELECT concat_ws(' ', 'rule', ev_class::regclass, rulename)
  FROM pg_rewrite JOIN pg_class c ON c.oid = ev_class JOIN schemas s ON s.oid = relnamespace
  UNION ALL
  SELECT concat_ws(' ', 'policy', polrelid::regclass, polname)
  FROM pg_policy JOIN pg_class c ON c.oid = polrelid JOIN schemas s ON s.oid = relnamespace
  UNION ALL SELECT concat_ws(' ', 'extension', extname, extversion) FROM pg_extension
  UNION ALL SELECT concat_ws(' ', 'event trigger', evtname) FROM pg_event_trigger
  UNION ALL SELECT concat_ws(' ', 'publication', pubname) FROM pg_publication
  UNION ALL SELECT concat_ws(' ', 'large object', oid) FROM pg_largeobject_metadata
  UNION ALL SELECT concat_ws(' ', 'setting', setrole, setconfig) FROM pg_db_role_setting`

/** How many rows each of Yeti's tables has, and how far each sequence has come. */
const counts = `
  SELECT concat_ws(' ', oid::regclass, (xpath('/row/n/text()', query_to_xml(
    format(CASE relkind WHEN 'S' THEN 'SELECT last_value AS n FROM %s' ELSE 'SELECT count(*) AS n FROM %s' END,
           oid::regclass), false, true, '')))[1])
  FROM pg_class WHERE relkind IN ('r', 'p', 'S') AND relnamespace::regnamespace::text !~ '^(pg_|information_schema|portal)'`

const ours = `SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('portal') AND relkind = 'r' ORDER BY 1`

interface State {
  readonly primary: readonly string[]
  readonly cdr: readonly string[]
}

async function stateOf({ primary, cdr }: Copies, text: string): Promise<State> {
  const [first, second] = await Promise.all([list(primary.url, text), list(cdr.url, text)])
  return { primary: [...first].sort(), cdr: [...second].sort() }
}

describe("The first start on Yeti's databases", () => {
  let copies: Copies
  let before: State
  let rows: State

  beforeAll(async () => {
    copies = await copyTemplates({ primary: 'yeti_bare', cdr: 'cdr_bare' })
    expect(await list(copies.primary.url, ours)).toEqual([])
    before = await stateOf(copies, catalogue)
    rows = await stateOf(copies, counts)
    await using gateway = await startGatewayOn(copies, { EXPORT_WORKERS: '1' })
    const { data } = await gateway.ask('{ __typename }')
    expect(data).toEqual({ __typename: 'Query' })
  })

  test('MUST make the tables of the gateway in its schema', async () => {
    expect(await list(copies.primary.url, ours)).toEqual(
      expect.arrayContaining(['audit_log', 'denials', 'ended_logins', 'rate_limits', 'revoked_sessions']),
    )
  })

  test('MUST make, change and drop nothing outside that schema, and nothing at all in the CDR database', async () => {
    expect(before.primary.length).toBeGreaterThan(1_000)
    expect(await stateOf(copies, catalogue)).toEqual(before)
    expect(await list(copies.cdr.url, ours)).toEqual([])
  })

  test('MUST NOT add, remove or number a row of Yeti', async () => {
    expect(rows.primary.length).toBeGreaterThan(50)
    expect(await stateOf(copies, counts)).toEqual(rows)
  })

  test('MUST be followed by others that do nothing at all', async () => {
    const whole = await stateOf(copies, catalogue.replace("AND nspname <> 'portal'", ''))
    await using _gateway = await startGatewayOn(copies)
    expect(await stateOf(copies, catalogue.replace("AND nspname <> 'portal'", ''))).toEqual(whole)
  })
})

/** One of everything that writes. */
async function work(gateway: Gateway): Promise<void> {
  const token = await gateway.signIn('alice')
  const asked = async (query: string, as = token) => {
    const { data, errors } = await gateway.ask(query, { token: as })
    expect(errors).toBeUndefined()
    return data
  }
  const { accounts, outgoingNumberlists } = await asked(
    '{ accounts { nodes { id } } outgoingNumberlists { nodes { id } } outgoingCdrs(first: 3) { totalCount nodes { id } } }',
  )
  const item = `outgoingNumberlistId: "${outgoingNumberlists.nodes[0].id}", key: "38044123"`
  const period = [new Date(Date.now() - 3_600_000), new Date()].map((time) => time.toISOString())
  const { made } = await asked(
    `mutation {
       createOutgoingNumberlistItem(input: { ${item} }) { id }
       made: createOutgoingCdrExport(input: { accountId: "${accounts.nodes[0].id}", filters: {
         timeStartGte: "${period[0]}", timeStartLt: "${period[1]}" } }) { id }
     }`,
  )
  await vi.waitUntil(
    async () =>
      (await asked(`{ node(id: "${made.id}") { ... on OutgoingCdrExport { status } } }`)).node.status === 'COMPLETED',
    { timeout: 60_000, interval: 200 },
  )
  await asked(`mutation { createAccessProfile(input: { name: "Made here" }) { id } }`, await gateway.admin())
  await asked('mutation { signOut }')
}

test("A gateway that serves, writes and makes exports MUST leave Yeti's catalogue as it was", async () => {
  const copies = await copyTemplates()
  const before = await stateOf(copies, catalogue)
  await using gateway = await startGatewayOn(copies, { EXPORT_WORKERS: '1' })
  await work(gateway)
  expect(await stateOf(copies, catalogue)).toEqual(before)
}, 90_000)
