import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { permissionKeys, permissionName, type Permission } from '../../src/permissions/permissions.ts'
import { explanationOf, idsOf, type ExplainedAccess, type Explanation } from '../admin/support/explanations.ts'
import { addActiveCalls } from '../permissions/support/sample.ts'
import { openSse } from '../subscriptions/support/streams.ts'
import { only, startGateway, type AnswerError, type Gateway } from '../support/gateway.ts'
import { expectedAccess } from './support/expected-access.ts'
import { createRandom, type Random } from './support/random.ts'
import { randomChange } from './support/random-mutation.ts'
import { randomOperation, type RandomOperation, type Samples } from './support/random-operation.ts'
import { samplesFor } from './support/samples.ts'
import { usesOf } from './support/uses.ts'

// A short run with a fixed seed by default; `npm run proof` sets both for a long one.
const operations = Number(process.env['PROOF_OPERATIONS'] ?? 250)
const seed = Number(process.env['PROOF_SEED'] ?? 20_261_124)

/** How many operations are asked under one profile, for changing it costs more than asking. */
const perProfile = 20

let gateway: Gateway
let admin: string
const counts = { places: 0, errors: 0, denied: 0, deniedInputs: 0, deniedTypes: 0, unreached: 0, mutations: 0, subscriptions: 0, administrative: 0 } // prettier-ignore

beforeAll(async () => {
  gateway = await startGateway()
  admin = await gateway.admin()
  await addActiveCalls(gateway)
  // The default window of 24 hours moves on between two questions; no call must leave it meanwhile.
  await gateway.cdr.query(
    "DELETE FROM cdr.cdr WHERE time_start BETWEEN now() - interval '25 hours' AND now() - interval '22 hours'",
  )
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** A profile: often nearly everything or nearly nothing, since most mistakes are at the edges. */
function randomProfile(random: Random): Record<Permission, boolean> {
  return only(...random.some(permissionKeys, random.pick([0.1, 0.5, 0.8, 0.95])))
}

/** Who asks: with every flag, and with the profile that is explained. */
interface Asked {
  readonly whole: string
  readonly narrowed: string
  readonly profileId: string
  /** The flags that the profile does not have. */
  readonly off: ReadonlySet<string>
}

interface Answered {
  readonly data?: unknown
  readonly errors?: readonly AnswerError[] | undefined
}

/** Without what differs each time it is asked for: the tokens of links and how long they last. */
function lasting(data: unknown): unknown {
  return JSON.parse(
    JSON.stringify(data ?? null)
      .replace(/\/files\/[\w.~-]+/g, '/files/token')
      .replace(/"20\d\d-[^"]*:\d\d\.000Z"/g, '"time"'),
  )
}

/** The whole answer with null wherever the explanation says that something is denied. */
function blanked(data: unknown, { places }: Explanation): unknown {
  return places.filter(({ outcome }) => outcome === 'DENIED').reduce<unknown>((value, place) => {
    if (place.kind === 'FIELD') return withNull(value, place.path)
    return place.kind === 'TYPE' ? withoutType(value, place.path, place.coordinate) : value
  }, data)
} // prettier-ignore

function withNull(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => withNull(item, [key ?? '', ...rest]))
  if (key === undefined || !isObject(value) || !Object.hasOwn(value, key)) return value
  return { ...value, [key]: rest.length === 0 ? null : withNull(value[key], rest) }
}

function withoutType(value: unknown, path: readonly string[], name: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutType(item, path, name))
  if (!isObject(value)) return value
  const [key, ...rest] = path
  if (key !== undefined) return key in value ? { ...value, [key]: withoutType(value[key], rest, name) } : value
  return Buffer.from(String(value['id']), 'base64').toString().startsWith(`${name}:`) ? null : value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** What is there at the end of a path: a list ends it, as null does. */
function endOf(data: unknown, path: readonly (string | number)[]): number {
  let value = data
  for (const [index, key] of path.entries()) {
    value = isObject(value) ? value[key] : undefined
    if (value === null) return index + 1
  }
  return path.length
}

/** The errors of the explanation as they should stand in an answer with this data. */
function expectedErrors({ errors }: Explanation, data: unknown): unknown[] {
  return errors.map(({ message, path, extensions }) => ({
    message,
    path: path && data ? path.slice(0, endOf(data, path)) : path,
    extensions,
  }))
}

function told(errors: readonly AnswerError[] = []): unknown[] {
  return errors.map(({ message, path = null, extensions }) => ({ message, path, extensions }))
}

/** What an explanation says of each place, against the operation's text and the published schema alone. */
function expectComplete(operation: RandomOperation, explanation: Explanation, off: ReadonlySet<string>): void {
  const { accepted, complete, places } = explanation
  expect({ operation, accepted, complete, places }).toEqual({
    operation,
    accepted: true,
    complete: true,
    places: expectedAccess(usesOf(operation), off),
  })
}

function count({ places, errors }: Explanation): void {
  const of = (kind: ExplainedAccess['kind'], outcome: ExplainedAccess['outcome']): number =>
    places.filter((place) => place.kind === kind && place.outcome === outcome).length
  counts.places += places.length
  counts.errors += errors.length
  counts.denied += of('FIELD', 'DENIED')
  counts.deniedInputs += of('INPUT_FIELD', 'DENIED')
  counts.deniedTypes += of('TYPE', 'DENIED')
  counts.unreached += of('FIELD', 'NOT_REACHED')
}

async function explained({ query, variables }: RandomOperation, { profileId }: Asked): Promise<Explanation> {
  const explanation = await explanationOf(gateway, admin, { profileId, query, variables })
  count(explanation)
  return explanation
}

/** What runs: each field that is allowed is as it is for somebody who has everything, each that is denied is null. */
async function agree(operation: RandomOperation, asked: Asked): Promise<void> {
  const { query, variables } = operation
  const explanation = await explained(operation, asked)
  expectComplete(operation, explanation, asked.off)
  const full = await gateway.ask(query, { token: asked.whole, variables })
  expect({ operation, errors: full.errors }).toEqual({ operation, errors: undefined })
  const answer = await gateway.ask(query, { token: asked.narrowed, variables })
  expectAgreement(operation, explanation, answer, full.data)
}

function expectAgreement(operation: RandomOperation, explanation: Explanation, answer: Answered, whole: unknown): void {
  expect({ operation, errors: told(answer.errors) }).toEqual({ operation, errors: expectedErrors(explanation, answer.data) })
  expect({ operation, data: lasting(answer.data) }).toEqual({ operation, data: lasting(blanked(whole, explanation)) })
} // prettier-ignore

/** What changes something is asked for under "all or nothing", where something is denied: then nothing of it runs. */
async function agreeOnMutation(operation: RandomOperation, asked: Asked): Promise<void> {
  counts.mutations += 1
  const { query, variables } = operation
  const explanation = await explained(operation, asked)
  expectComplete(operation, explanation, asked.off)
  if (explanation.errors.length === 0) return
  const headers = { 'x-denied': 'reject' }
  const answer = await gateway.ask(query, { token: asked.narrowed, variables, headers })
  expect({ operation, data: answer.data, errors: told(answer.errors) }).toEqual({ operation, data: undefined, errors: expectedErrors(explanation, null) }) // prettier-ignore
}

async function agreeOnSubscription(operation: RandomOperation, asked: Asked): Promise<void> {
  counts.subscriptions += 1
  const explanation = await explained(operation, asked)
  expectComplete(operation, explanation, asked.off)
  const [full, event] = await Promise.all([asked.whole, asked.narrowed].map((token) => firstEvent(operation, token)))
  if (!full || !event) throw new TypeError('No event')
  expect({ operation, errors: full.errors }).toEqual({ operation, errors: undefined })
  expectAgreement(operation, explanation, event, full.data)
}

async function firstEvent({ query, variables }: RandomOperation, token: string): Promise<Answered> {
  await using stream = await openSse(gateway.url, query, { token, variables })
  return await stream.event(0)
}

/** The same operation with something in it that is for administrators, which no flag opens. */
async function agreeOnAdministration({ query, variables }: RandomOperation, asked: Asked): Promise<void> {
  counts.administrative += 1
  const operation = { query: query.replace('{', '{ own: accessProfiles(first: 1, where: { account: { eq: true } }) { totalCount nodes { name } }'), variables } // prettier-ignore
  const explanation = await explained(operation, asked)
  expect(explanation.errors[0]).toMatchObject({
    path: ['own'],
    permission: 'ADMIN',
    coordinate: 'Query.accessProfiles',
  })
  const full = await gateway.ask(operation.query, { token: asked.whole, variables })
  const answer = await gateway.ask(operation.query, { token: asked.narrowed, variables })
  expectAgreement(operation, explanation, answer, full.data)
}

function agreeOnSome(random: Random, samples: Samples, asked: Asked): Promise<void> {
  const kind = random.next()
  if (kind < 0.12) return agreeOnMutation(randomChange(random, samples, 'mutation'), asked)
  if (kind < 0.16) return agreeOnSubscription(randomChange(random, ofOwn(samples), 'subscription'), asked)
  if (kind < 0.2) return agreeOnAdministration(randomOperation(random, samples), asked)
  if (kind < 0.25) return agree(filtered(random, samples), asked)
  return agree(randomOperation(random, samples), asked)
}

/** Filters of statistics need other flags than the field that takes them, which nothing else does. */
function filtered(random: Random, { accountIds, fromTime, toTime }: Samples): RandomOperation {
  const filters = [{ duration: { gt: 5 } }, { customerPrice: { lt: '1' } }, { customerPrice: { gt: '0' }, duration: { lt: 60 } }, { dstCountryId: 7 }]
  const variables = { id: random.pick(accountIds), where: random.pick(filters), fromTime, toTime }
  const query = `query ($id: ID!, $where: OutgoingStatisticsWhere, $fromTime: DateTime!, $toTime: DateTime!) {
    some: outgoingStatistics(accountId: $id, sampling: DAY, fromTime: $fromTime, toTime: $toTime, where: $where) { totals { totalCalls acd } series { time asr } } }`
  return { query, variables }
} // prettier-ignore

/** Subscriptions take an account's id, and it must be one that is there. */
function ofOwn(samples: Samples): Samples {
  return { ...samples, nodeIds: samples.accountIds }
}

describe(`explainAccess and the execution of the same operation (seed ${seed})`, () => {
  it(`MUST agree on ${operations} random operations and profiles, field by field`, { timeout: 3_600_000 }, async () => {
    const random = createRandom(seed)
    const tenants = await Promise.all(
      ['alice', 'erin', 'frank'].map(async (like) => {
        const name = `${like} explained`
        const narrowed = await gateway.login(name, like)
        return { whole: await gateway.signIn(like), narrowed, ...(await idsOf(gateway, name)) }
      }),
    )
    const erin = await samplesFor(gateway, tenants[1]?.whole ?? '', [])
    for (let done = 0; done < operations; done += perProfile) {
      const { whole, narrowed, profileId } = random.pick(tenants)
      const samples = await samplesFor(gateway, whole, erin.nodeIds.slice(0, 6))
      const profile = randomProfile(random)
      await narrowed.set(profile)
      const off = new Set(permissionKeys.filter((key) => !profile[key]).map((key) => String(permissionName(key))))
      const asked: Asked = { whole, narrowed: narrowed.token, profileId, off }
      for (let each = 0; each < Math.min(perProfile, operations - done); each++)
        await agreeOnSome(random, samples, asked)
    }
    console.info(`${operations} operations agreed: ${JSON.stringify(counts)}`)
    expect(counts.denied).toBeGreaterThan(operations / 2)
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(0)
  })
})
