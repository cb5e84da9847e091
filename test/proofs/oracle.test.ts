import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { permissionKeys, permissionName, type Permission } from '../../src/permissions/permissions.ts'
import { only, startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { addActiveCalls } from '../permissions/support/sample.ts'
import { expectedAnswer } from './support/oracle.ts'
import { createRandom, type Random } from './support/random.ts'
import { randomOperation, type RandomOperation } from './support/random-operation.ts'
import { samplesFor } from './support/samples.ts'

// A short run with a fixed seed by default; `npm run proof` sets both for a long one.
const operations = Number(process.env['PROOF_OPERATIONS'] ?? 250)
const seed = Number(process.env['PROOF_SEED'] ?? 20_261_123)

/** How many operations are asked under one profile, for changing it costs more than asking. */
const perProfile = 20

let gateway: Gateway

beforeAll(async () => {
  gateway = await startGateway()
  await addActiveCalls(gateway)
  // The default window of 24 hours moves on between two questions; no call must leave it meanwhile.
  await gateway.cdr.query(
    "DELETE FROM cdr.cdr WHERE time_start BETWEEN now() - interval '25 hours' AND now() - interval '22 hours'",
  )
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** A profile: often nearly everything or nearly nothing, since most mistakes are at the edges. */
function randomProfile(random: Random): Record<Permission, boolean> {
  const density = random.pick([0.1, 0.5, 0.8, 0.95])
  return only(...random.some(permissionKeys, density))
}

/** Without what differs each time it is asked for: the tokens of links and how long they last. */
function lasting(data: unknown): unknown {
  return JSON.parse(
    JSON.stringify(data)
      .replace(/\/files\/[\w.~-]+/g, '/files/token')
      .replace(/"20\d\d-[^"]*:\d\d\.000Z"/g, '"time"'),
  )
}

function denialsIn({ errors = [] }: Answer): string[] {
  return errors
    .map(({ extensions }) => `${String(extensions['coordinate'])} ${String(extensions['permission'])}`)
    .sort()
}

async function agree(
  operation: RandomOperation,
  whole: string,
  narrowed: string,
  denied: ReadonlySet<string>,
): Promise<number> {
  const { query, variables } = operation
  const full = await gateway.ask(query, { token: whole, variables })
  expect({ operation, errors: full.errors }).toEqual({ operation, errors: undefined })
  const answer = await gateway.ask(query, { token: narrowed, variables })
  const expected = expectedAnswer(operation, full.data, denied)
  expect({ operation, denials: denialsIn(answer) }).toEqual({ operation, denials: expected.denials })
  expect({ operation, data: lasting(answer.data) }).toEqual({ operation, data: lasting(expected.data) })
  return expected.denials.length
}

describe(`the gateway and a naive interpreter of the published schema (seed ${seed})`, () => {
  it(`MUST agree on ${operations} random operations, profiles and tenants`, { timeout: 3_600_000 }, async () => {
    const random = createRandom(seed)
    const tenants = await Promise.all(
      ['alice', 'erin', 'frank'].map(async (like) => ({
        whole: await gateway.signIn(like),
        narrowed: await gateway.login(`${like} narrowed`, like),
      })),
    )
    const erin = await samplesFor(gateway, tenants[1]?.whole ?? '', [])
    let denials = 0
    for (let done = 0; done < operations; done += perProfile) {
      const { whole, narrowed } = random.pick(tenants)
      const samples = await samplesFor(gateway, whole, erin.nodeIds.slice(0, 6))
      const profile = randomProfile(random)
      await narrowed.set(profile)
      const denied = new Set(permissionKeys.filter((key) => !profile[key]).map((key) => String(permissionName(key))))
      for (let each = 0; each < Math.min(perProfile, operations - done); each++) {
        denials += await agree(randomOperation(random, samples), whole, narrowed.token, denied)
      }
    }
    console.info(`${operations} operations agreed; ${denials} places were denied`)
    // Some one for each, more or less by what the samples of the day are: enough to have proved something.
    expect(denials).toBeGreaterThan(operations / 2)
  })
})
