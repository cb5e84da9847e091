// @ts-check
import { isDeepStrictEqual } from 'node:util'
import { peers } from './contenders.js'
import { post, signIn } from './gateway.js'
import { createLogin } from './logins.js'
import { fieldNames, pageBody, pageQuery } from './page.js'
import { postgraphileBody, samePostgraphile } from './page-postgraphile.js'
import { unguarded } from './unguarded.js'

/**
 * A server that answers the page, and how it is asked.
 * @typedef {object} PageServer
 * @property {string} name
 * @property {import('./children.js').Server} server
 * @property {(page: { first: number, from: string }) => import('./load.js').Plan} plan
 * @property {(nodes: any[], reference: any[]) => boolean} isSame whether these are the rows that the bare driver answers
 */

/** @typedef {import('./context.js').Context} Context */

/** The names of our own rows. */
export const ours = {
  allowed: 'gateway, all allowed',
  denied: 'gateway, 10 of 30 denied',
  unguarded: 'gateway, guards off',
}

/** Denied to one login: 20 of the 30 fields are left, and `rec` ten times, which is another flag's. */
const kept = fieldNames.slice(0, 20)
const denials = Array.from({ length: 10 }, (_, index) => `rec${index}`)
const partlyDenied = pageQuery([...kept, ...denials.map((alias) => `${alias}: rec`)].join(' '))

/**
 * @param {Context} context
 * @returns {Promise<PageServer[]>} the bare driver first
 */
export async function startPageServers(context) {
  const others = []
  for (const peer of peers) others.push(await startPeer(context, peer))
  return [...others.flatMap((other) => other ?? []), ...(await startOurs(context))]
}

/**
 * @param {Context} context
 * @param {import('./contenders.js').Peer} peer
 * @returns {Promise<PageServer | null>}
 */
async function startPeer(context, { name, file, args, node: nodeFor }) {
  const node = nodeFor?.()
  if (node === null) {
    console.log(`${name}: left out, there is no Node 22 for it here`)
    return null
  }
  const server = await context.startPeer(file, { ...(args && { args }), ...(node && { node }) })
  const url = `${server.url}/graphql`
  const isPostgraphile = file === 'postgraphile.js'
  const body = isPostgraphile ? postgraphileBody : pageBody
  return {
    name: server.node === process.version ? name : `${name} (Node ${server.node.slice(1).split('.')[0]})`,
    server,
    plan: (page) => ({ url, bodies: [body({ ...page, customer: context.customer })] }),
    isSame: isPostgraphile ? samePostgraphile : isDeepStrictEqual,
  }
}

/**
 * @param {Context} context
 * @returns {Promise<PageServer[]>}
 */
async function startOurs(context) {
  await createLogin(context.database.primary, 'bench', ['allow_listen_recording'])
  const server = await context.startGateway()
  const url = `${server.url}/graphql`
  const [alice, bench] = [await signIn(server.url, 'alice'), await signIn(server.url, 'bench', 'alice-demo')]
  return [
    {
      name: ours.allowed,
      server,
      plan: (page) => ({ url, bodies: [pageBody(page)], tokens: [alice] }),
      isSame: isDeepStrictEqual,
    },
    {
      name: ours.denied,
      server,
      plan: (page) => ({ url, bodies: [pageBody({ ...page, query: partlyDenied })], tokens: [bench], denied: true }),
      isSame: samePart,
    },
    await startUnguarded(context),
  ]
}

/**
 * @param {Context} context
 * @returns {Promise<PageServer>}
 */
async function startUnguarded(context) {
  const server = await context.startGateway({ nodeArgs: unguarded })
  const tokens = [await signIn(server.url, 'alice')]
  const url = `${server.url}/graphql`
  const plan = (/** @type {{ first: number, from: string }} */ page) => ({ url, bodies: [pageBody(page)], tokens })
  return { name: ours.unguarded, server, plan, isSame: isDeepStrictEqual }
}

/**
 * @param {any[]} nodes
 * @param {any[]} reference
 */
function samePart(nodes, reference) {
  const nothing = Object.fromEntries(denials.map((alias) => [alias, null]))
  const left = reference.map((row) => ({ ...Object.fromEntries(kept.map((name) => [name, row[name]])), ...nothing }))
  return isDeepStrictEqual(nodes, left)
}

/**
 * Throws unless all of them answer the same rows.
 * @param {readonly PageServer[]} servers
 * @param {{ first: number, from: string }} page
 */
export async function assertSameAnswers(servers, page) {
  /** @type {any[] | undefined} */
  let reference
  for (const { name, plan, isSame } of servers) {
    const { url, bodies, tokens } = plan(page)
    const { nodes } = (await post(url, bodies[0] ?? '', tokens?.[0])).data.outgoingCdrs
    reference ??= nodes
    if (nodes.length !== page.first || !isSame(nodes, reference ?? []))
      throw new Error(`${name} does not answer what the bare driver does: ${JSON.stringify(nodes[0])}`)
  }
}
