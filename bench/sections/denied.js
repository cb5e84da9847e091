// @ts-check
import { comparedWith } from '../lib/comparison.js'
import { post, signIn } from '../lib/gateway.js'
import { createLogin } from '../lib/logins.js'
import { fieldNames, pageBody, pageQuery, pageStart } from '../lib/page.js'

export const title = 'Denied fields'

const kept = fieldNames.slice(0, 20).join(' ')
const accountFields =
  'uuid name balance minBalance maxBalance destinationRateLimit originationCapacity terminationCapacity totalCapacity currency'
const recs = Array.from({ length: 10 }, (_, index) => `rec${index}: rec`).join(' ')

/** Ten fields of each row that another flag guards, and the same selection without them. */
const cases = [
  { what: 'of its account', flag: 'account', full: `account { ${accountFields} }`, without: 'account { __typename }' },
  { what: 'of the row itself', flag: 'allow_listen_recording', full: recs, without: '' },
]

const first = 100

/** @param {import('../lib/context.js').Context} context */
export async function run(context) {
  await createLogin(
    context.database.primary,
    'bench',
    cases.map(({ flag }) => flag),
  )
  const server = await context.startGateway()
  const tokens = { alice: await signIn(server.url, 'alice'), bench: await signIn(server.url, 'bench', 'alice-demo') }
  const from = pageStart()
  const parts = []
  for (const { what, flag, full, without } of cases) {
    const plan = (/** @type {string} */ selection, /** @type {keyof typeof tokens} */ login, denied = false) => ({
      url: `${server.url}/graphql`,
      bodies: [pageBody({ first, from, query: pageQuery(`${kept} ${selection}`) })],
      tokens: [tokens[login]],
      denied,
    })
    const contenders = [
      { name: 'without them', server, plan: plan(without, 'bench') },
      { name: '10 of 30 denied', server, plan: plan(full, 'bench', true) },
      { name: 'all 30 allowed', server, plan: plan(full, 'alice') },
    ]
    for (const contender of contenders) await assertDenials(contender.plan)
    parts.push(
      `Ten fields ${what}, which need \`${flag}\`:`,
      comparedWith({ what: '', ratio: 'to without' }, await context.compare(contenders), 'without them'),
    )
  }
  await server.stop()
  const { connections, seconds, rounds } = context.window
  return [
    ...parts,
    `${first} rows, ${connections} connections, ${rounds} rounds of ${seconds} s; the ratio is that of requests per second to the query without the ten fields, asked by the same login.`,
  ].join('\n\n')
}

/** @param {import('../lib/load.js').Plan} plan */
async function assertDenials({ url, bodies, tokens, denied }) {
  const { data, errors = [] } = await post(url, bodies[0] ?? '', tokens?.[0])
  const expected = denied ? 10 : 0
  if (errors.length !== expected || data.outgoingCdrs.nodes.length !== first)
    throw new Error(`${errors.length} errors, not ${expected}: ${JSON.stringify(errors[0])}`)
}
