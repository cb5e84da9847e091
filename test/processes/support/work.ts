import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import { only, type Gateway } from '../../support/gateway.ts'
import { answered, globalId, Lost, plantAmounts, post, read, readersFor } from './load.ts'

/** How many requests there are at least while something happens. */
const atLeast = 100

/** What many clients do at once, each with one request after the other. */
export interface Work {
  /** They work until `event` is over, which begins when they are busy. */
  during(event: () => Promise<unknown>): Promise<void>
  /** Everything that was not as it must be. */
  readonly failures: readonly string[]
  readonly counts: { readonly answered: number; readonly lost: number }
  /** Of whom none has more than one request under way. */
  readonly clients: number
  /** Compares what the tables have with what was said to be done. */
  expectWritten(): Promise<void>
}

type Client = (n: number) => Promise<void>

const signIn = 'mutation ($login: String!, $password: String!) { signIn(login: $login, password: $password) { token } }'
const addItem =
  'mutation ($list: ID!, $key: String!) { createOutgoingNumberlistItem(input: { outgoingNumberlistId: $list, key: $key }) { key } }'
const addProfile =
  'mutation ($name: String!) { createAccessProfile(input: { name: $name, invoices: true }) { name invoices } }'

/** Numbers that the demo has nowhere: nobody else's items are counted. */
const prefix = '99977'

/** Clients of every login of the demo, who read; who write; and who try to write what they may not. */
export async function startWork(gateway: Gateway, url: string): Promise<Work> {
  await plantAmounts(gateway)
  const readers = await readersFor(gateway, ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'])
  const list = await listOf(gateway)
  const { set, token: barred } = await gateway.login('barred')
  await set(only('account'))
  const admin = await gateway.admin()
  const done = { items: new Set<string>(), profiles: new Set<string>() }
  const unknown = { items: new Set<string>(), profiles: new Set<string>() }
  const counts = { answered: 0, lost: 0 }
  const failures: string[] = []

  function readsAs(reader: (typeof readers)[number]): Client {
    let token = ''
    return async (n) => {
      // Now and then somebody new comes.
      if (token === '' || n % 10 === 0) token = await signedIn(url, reader.login)
      else await read(url, reader, token)
    }
  }

  function writes(token: string, text: string, kind: keyof typeof done, nameOf: (n: number) => string): Client {
    return async (n) => {
      const name = nameOf(n)
      unknown[kind].add(name)
      const answer = answered(await post(url, token, text, { list, key: name, name }))
      expect(answer.errors).toBeUndefined()
      expect(JSON.stringify(answer.data)).toContain(`"${name}"`)
      unknown[kind].delete(name)
      done[kind].add(name)
    }
  }

  const triesToWrite: Client = async (n) => {
    const { data, errors } = answered(await post(url, barred, addItem, { list, key: `${prefix}9${n}` }))
    expect(data).toEqual({ createOutgoingNumberlistItem: null })
    expect(errors?.map(({ extensions }) => extensions['permission'])).toEqual(['OUTGOING_NUMBERLISTS'])
  }

  const writer = await gateway.signIn('alice')
  const clients: readonly Client[] = [
    ...readers.map(readsAs),
    writes(writer, addItem, 'items', (n) => `${prefix}1${n}`),
    writes(writer, addItem, 'items', (n) => `${prefix}2${n}`),
    writes(admin, addProfile, 'profiles', (n) => `under load ${n}`),
    triesToWrite,
  ]
  const turns = clients.map(() => 0)

  async function workUntil(isOver: () => boolean, client: Client, index: number): Promise<void> {
    const least = (turns[index] ?? 0) + Math.ceil(atLeast / clients.length)
    for (let turn = turns[index] ?? 0; !isOver() || turn < least; turn++) {
      turns[index] = turn + 1
      await client(turn).then(
        () => (counts.answered += 1),
        (error: unknown) => {
          if (error instanceof Lost) counts.lost += 1
          else failures.push(error instanceof Error ? error.message : String(error))
        },
      )
    }
  }

  return {
    failures,
    counts,
    clients: clients.length,
    async during(event) {
      let over = false
      const before = counts.answered
      const work = Promise.all(clients.map((client, index) => workUntil(() => over, client, index)))
      try {
        while (counts.answered < before + 5 * clients.length && failures.length === 0) await delay(5)
        await event()
      } finally {
        over = true
        await work
      }
    },
    async expectWritten() {
      const { items, profiles, recorded } = await written(gateway)
      // Each once; what nobody was told of is there whole, or not at all.
      expect(items.filter((key) => !unknown.items.has(key))).toEqual([...done.items].sort())
      expect(profiles.filter((name) => !unknown.profiles.has(name))).toEqual([...done.profiles].sort())
      expect(new Set(items).size).toBe(items.length)
      expect(recorded).toEqual(profiles)
    },
  }
}

async function signedIn(url: string, login: string): Promise<string> {
  const answer = answered(await post(url, '', signIn, { login, password: `${login}-demo` }))
  expect(answer.errors).toBeUndefined()
  return answer.data.signIn.token
}

/** A numberlist that alice may change. */
async function listOf({ primary }: Gateway): Promise<string> {
  const { rows } = await primary.query<{ id: number }>(
    `SELECT ca.dst_numberlist_id AS id FROM class4.customers_auth ca JOIN sys.api_access l ON l.customer_id = ca.customer_id
     WHERE l.login = 'alice' AND ca.dst_numberlist_id = ANY(l.allow_outgoing_numberlists_ids) ORDER BY 1 LIMIT 1`,
  )
  return globalId(`OutgoingNumberlist:${rows[0]?.id ?? 0}`)
}

/** What the work has left in the tables; and which of the profiles the audit log knows, in the same transaction's words. */
async function written({ primary }: Gateway): Promise<Record<'items' | 'profiles' | 'recorded', string[]>> {
  const column = async (text: string): Promise<string[]> =>
    (await primary.query<{ name: string }>(text)).rows.map(({ name }) => name).sort()
  return {
    items: await column(`SELECT key AS name FROM class4.numberlist_items WHERE key LIKE '${prefix}%'`),
    profiles: await column(
      `SELECT name FROM sys.customer_portal_access_profiles WHERE name LIKE 'under load %' AND invoices`,
    ),
    recorded: await column(
      `SELECT subject_name AS name FROM portal.audit_log WHERE subject_name LIKE 'under load %' AND after IS NOT NULL`,
    ),
  }
}
