import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { asking, auditEntries, camelCase, globalId, profileRows, refused, untilWaiting, yetiFlags } from './support/access-profiles.ts' // prettier-ignore

let gateway: Gateway
let second: Gateway
/** Two administrators, each at a gateway of their own. */
let here: ReturnType<typeof asking>
let there: ReturnType<typeof asking>
let count = 0

beforeAll(async () => {
  gateway = await startGateway()
  second = await gateway.another()
  here = asking(gateway, await gateway.admin())
  there = asking(second, await gateway.admin('other admin'))
})
afterAll(async () => {
  await second[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})

const freshName = () => `profile ${++count}`

async function created(input: Readonly<Record<string, unknown>> = {}) {
  const { data } = await here.create({ name: freshName(), ...input })
  return data.createAccessProfile
}

const rowOf = async (profileId: number) => (await profileRows(gateway)).find(({ id }) => id === profileId)
const codeOf = ({ errors }: Answer) => errors?.[0]?.extensions.code
const entriesOf = async (profileId: number) =>
  (await auditEntries(gateway)).filter(({ subject_id: id, action }) => id === profileId && action === 'update')

/** Somebody at work in the database itself, as Yeti's own pages would be. */
async function atWork<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await gateway.primary.connect()
  try {
    return await work(client)
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
}

describe('An update from a stale version', () => {
  it('MUST be a conflict that shows what is there and what was wanted, and write nothing', async () => {
    const base = await created()
    const theirs = await there.update(base.id, base.version, { invoices: false, payments: false })
    const name = freshName()
    const wanted = { name, payments: false, services: false, account: base.account }
    const { errors } = await refused(gateway, () => here.update(base.id, base.version, wanted), {
      code: 'CONFLICT',
      argument: 'version',
    })
    const flags = Object.fromEntries(
      Object.keys(yetiFlags).map((column) => [camelCase(column), base[camelCase(column)]]),
    )
    expect(errors?.[0]?.extensions).toEqual({
      code: 'CONFLICT',
      argument: 'version',
      current: {
        ...flags,
        name: base.name,
        version: theirs.data.updateAccessProfile.version,
        invoices: false,
        payments: false,
      },
      yours: { version: base.version, ...wanted },
      differing: ['name', 'services'],
    })
  })

  it('MUST go through with the version that the conflict shows, and keep what both wanted', async () => {
    const base = await created()
    await there.update(base.id, base.version, { invoices: false })
    const stale = await here.update(base.id, base.version, { payments: false })
    const current = stale.errors?.[0]?.extensions['current'] as { version: string } // as the test above has it
    const merged = await here.update(base.id, current.version, { payments: false })
    expect(merged.errors).toBeUndefined()
    expect(merged.data.updateAccessProfile).toMatchObject({ invoices: false, payments: false, services: true })
  })

  it('MUST show no difference to who sends the same once more, not knowing that it went through', async () => {
    const base = await created()
    await here.update(base.id, base.version, { invoices: false })
    const again = await here.update(base.id, base.version, { invoices: false })
    expect(again.errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', differing: [] })
  })

  it.each(['', 'x', '0'.repeat(32), 'a\u0000b', '\ud800'])(
    'MUST be a conflict for %j too, which never was one',
    async (version) => {
      const { id } = await created()
      await refused(gateway, () => here.update(id, version, { invoices: false }), {
        code: 'CONFLICT',
        argument: 'version',
      })
    },
  )

  it("MUST notice what Yeti's own pages have changed", async () => {
    const { id, profileId, version } = await created()
    await gateway.primary.query('UPDATE sys.customer_portal_access_profiles SET services = false WHERE id = $1', [
      profileId,
    ])
    await refused(gateway, () => here.update(id, version, { invoices: false }), {
      code: 'CONFLICT',
      argument: 'version',
    })
  })

  it('MUST be no conflict after a change that was taken back', async () => {
    const base = await created()
    const off = await there.update(base.id, base.version, { invoices: false })
    const on = await there.update(base.id, off.data.updateAccessProfile.version, { invoices: true })
    expect(on.data.updateAccessProfile.version).toBe(base.version)
    expect((await here.update(base.id, base.version, { payments: false })).errors).toBeUndefined()
  })
})

describe('Administrators who change the same profile at the same time', () => {
  const columns = Object.keys(yetiFlags)

  it('MUST not lose anything: one of them wins, on whichever gateway, and all others are told', async () => {
    for (let round = 0; round < 5; round += 1) {
      const base = await created()
      // Each wants another flag to be off, or on.
      const wants = columns.slice(0, 20).map((column) => ({ [camelCase(column)]: !base[camelCase(column)] }))
      const answers = await Promise.all(
        wants.map((want, index) => (index % 2 === 0 ? here : there).update(base.id, base.version, want)),
      )
      const winners = answers.flatMap((answer, index) => (answer.errors ? [] : [index]))
      expect(winners).toHaveLength(1)
      expect(answers.filter((answer) => codeOf(answer) === 'CONFLICT')).toHaveLength(wants.length - 1)
      const wanted = wants[winners[0] ?? -1]
      const { data } = await here.read(base.id)
      const { version, updatedAt } = data.accessProfile
      expect(data.accessProfile).toEqual({ ...base, ...wanted, version, updatedAt })
      expect(await entriesOf(base.profileId)).toHaveLength(1)
      for (const { errors } of answers)
        if (errors) expect(errors[0]?.extensions).toMatchObject({ current: { version, ...wanted } })
    }
  })

  it('MUST all get what they want when each tries again with what the conflict shows', async () => {
    const base = await created()
    const wants = columns.slice(0, 8).map((column) => ({ [camelCase(column)]: !base[camelCase(column)] }))
    const persist = async (as: ReturnType<typeof asking>, want: Readonly<Record<string, boolean>>) => {
      let version: string = base.version
      for (;;) {
        const { errors } = await as.update(base.id, version, want)
        if (!errors) return
        expect(errors[0]?.extensions.code).toBe('CONFLICT')
        version = (errors[0]?.extensions['current'] as { version: string }).version
      }
    }
    await Promise.all(wants.map((want, index) => persist(index % 2 === 0 ? here : there, want)))
    const { data } = await here.read(base.id)
    expect(data.accessProfile).toMatchObject(Object.assign({}, ...wants))
    expect(await entriesOf(base.profileId)).toHaveLength(wants.length)
  })

  it('MUST wait for who is at work, and compare with what that left behind', async () => {
    const { id, profileId, version } = await created()
    const answer = await atWork(async (client) => {
      await client.query('BEGIN')
      await client.query('UPDATE sys.customer_portal_access_profiles SET services = false WHERE id = $1', [profileId])
      const update = there.update(id, version, { invoices: false })
      await untilWaiting(gateway)
      await client.query('COMMIT')
      return update
    })
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      current: { services: false, invoices: true },
    })
    expect(await rowOf(profileId)).toMatchObject({ services: false, invoices: true })
  })

  it('MUST go through when who was at work gave up', async () => {
    const { id, profileId, version } = await created()
    const answer = await atWork(async (client) => {
      await client.query('BEGIN')
      await client.query('UPDATE sys.customer_portal_access_profiles SET services = false WHERE id = $1', [profileId])
      const update = there.update(id, version, { invoices: false })
      await untilWaiting(gateway)
      await client.query('ROLLBACK')
      return update
    })
    expect(answer.errors).toBeUndefined()
    expect(await rowOf(profileId)).toMatchObject({ services: true, invoices: false })
  })

  it('MUST be told of its deletion, or the other of the change', async () => {
    const { id, version } = await created()
    const [gone, late] = await Promise.all([here.remove(id, version), there.update(id, version, { invoices: false })])
    // Whichever came first: the other one's version is stale, or its profile is gone.
    expect([codeOf(gone), codeOf(late)].filter(Boolean)).toHaveLength(1)
    expect(['CONFLICT', 'NOT_FOUND']).toContain(codeOf(gone) ?? codeOf(late))
  })
})

describe('A name that several want at the same time', () => {
  it('MUST be one’s, whether they create, clone or rename', async () => {
    const { id: original } = await created()
    for (let round = 0; round < 3; round += 1) {
      const name = freshName()
      const [one, two] = [await created(), await created()]
      const answers = await Promise.all([
        here.create({ name }),
        there.create({ name }),
        here.clone(original, name),
        there.clone(original, name),
        here.update(one.id, one.version, { name }),
        there.update(two.id, two.version, { name }),
      ])
      expect(answers.filter(({ errors }) => !errors)).toHaveLength(1)
      for (const { errors } of answers.filter((each) => each.errors)) {
        expect(errors?.[0]?.extensions.code).toBe('CONFLICT')
        expect(errors?.[0]?.extensions['argument']).toMatch(/^(?:input\.)?name$/)
      }
      expect((await profileRows(gateway)).filter((row) => row['name'] === name)).toHaveLength(1)
    }
  })

  it('MUST be waited for where somebody is just giving it, and be free when that came to nothing', async () => {
    for (const [end, code] of [
      ['COMMIT', 'CONFLICT'],
      ['ROLLBACK', undefined],
    ] as const) {
      // prettier-ignore
      const name = freshName()
      const { id, version, profileId } = await created()
      const answers = await atWork(async (client) => {
        await client.query('BEGIN')
        await client.query('INSERT INTO sys.customer_portal_access_profiles (name, created_at, updated_at) VALUES ($1, now(), now())', [name]) // prettier-ignore
        const rename = there.update(id, version, { name })
        await untilWaiting(gateway)
        await client.query(end)
        return [await rename]
      })
      expect(answers.map(codeOf)).toEqual([code])
      expect((await rowOf(profileId))?.['name'] === name).toBe(code === undefined)
    }
  })

  it('MUST be refused at once while another still has it, which may be about to give it up', async () => {
    const [one, two] = [await created(), await created()]
    await atWork(async (client) => {
      await client.query('BEGIN')
      await client.query("UPDATE sys.customer_portal_access_profiles SET name = 'given up' WHERE id = $1", [
        two.profileId,
      ])
      // Who waited here would be waited for, where the other wants the name that is given up in turn.
      expect(codeOf(await here.update(one.id, one.version, { name: two.name }))).toBe('CONFLICT')
    })
  })

  it('MUST be refused to two that want each other’s', async () => {
    const [one, two] = [await created(), await created()]
    const answers = await Promise.all([
      here.update(one.id, one.version, { name: two.name }),
      there.update(two.id, two.version, { name: one.name }),
    ])
    expect(answers.map(codeOf)).toEqual(['CONFLICT', 'CONFLICT'])
  })
})

describe('A login that is given a profile while the profile is being deleted', () => {
  const give = (client: pg.PoolClient, profileId: number) =>
    client.query(
      `INSERT INTO sys.api_access (customer_id, login, password_digest, customer_portal_access_profile_id)
       SELECT customer_id, $1, password_digest, $2 FROM sys.api_access WHERE login = 'alice'`,
      [`login of ${profileId}`, profileId],
    )

  it('MUST keep it, and the deletion be told how many have it', async () => {
    const { id, profileId, version } = await created()
    const answer = await atWork(async (client) => {
      await client.query('BEGIN')
      await give(client, profileId)
      const removal = there.remove(id, version)
      await untilWaiting(gateway)
      await client.query('COMMIT')
      return removal
    })
    expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', argument: 'id', loginCount: 1 })
    expect(await rowOf(profileId)).toBeDefined()
  })

  it('MUST not be in the way when it is not kept', async () => {
    const { id, profileId, version } = await created()
    const answer = await atWork(async (client) => {
      await client.query('BEGIN')
      await give(client, profileId)
      const removal = there.remove(id, version)
      await untilWaiting(gateway)
      await client.query('ROLLBACK')
      return removal
    })
    expect(answer.errors).toBeUndefined()
    expect(await rowOf(profileId)).toBeUndefined()
  })

  it('MUST come to one of the two ends, and never to a login without a profile', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { id, profileId, version } = await created()
      const [removal, login] = await Promise.all([
        there.remove(id, version),
        atWork((client) => give(client, profileId).then(() => 'given', (error: pg.DatabaseError) => error.code)), // prettier-ignore
      ])
      const isKept = (await rowOf(profileId)) !== undefined
      expect([codeOf(removal), login]).toEqual(isKept ? ['CONFLICT', 'given'] : [undefined, '23503'])
    }
  })
})

describe('Nobody but those concerned', () => {
  it('MUST be told of an update that changed nothing or was refused', async () => {
    const { id, version, invoices } = await created()
    const listener = await gateway.primary.connect()
    const heard: string[] = []
    listener.on('notification', ({ payload }) => heard.push(payload ?? ''))
    await listener.query('LISTEN portal_access_changed')
    await here.update(id, version, { invoices })
    await here.update(id, 'stale', { invoices: !invoices })
    await listener.query('SELECT 1')
    expect(heard).toEqual([])
    await here.update(id, version, { invoices: !invoices })
    await listener.query('SELECT 1')
    expect(heard).toEqual([''])
    await listener.query('UNLISTEN *')
    listener.release()
  })

  it('MUST be able to change the others meanwhile', async () => {
    const [one, two] = [await created(), await created()]
    await atWork(async (client) => {
      await client.query('BEGIN')
      await client.query('SELECT 1 FROM sys.customer_portal_access_profiles WHERE id = $1 FOR UPDATE', [one.profileId])
      expect((await there.update(two.id, two.version, { invoices: false })).errors).toBeUndefined()
      expect((await there.read(globalId(one.profileId))).errors).toBeUndefined()
    })
  })
})
