import DataLoader from 'dataloader'
import type { Databases } from '../backends/databases.ts'
import { readChanges, type Readers, type Watched } from './access-changes.ts'
import type { Principal } from './principal.ts'

/** Somebody who wants to act: for whom a token speaks, from where, in which session. */
export type Actor = Omit<Watched, 'fingerprint'>

/** Who may act, as the database has it now; null: who may not, or not from there, or not any more. */
export interface Principals {
  of(actor: Actor): Promise<Principal | null>
}

/** Nobody has it, so that whoever is asked about is told. */
const unknown = ''

const maxTogether = 500

/** Milliseconds after which nobody waits for those before: their connection may hang. */
const patience = 100

/**
 * Everybody is read anew, never from memory. Those who ask while a statement is on its way wait for the next one, which
 * is theirs together: it begins after each of them has asked.
 */
export function createPrincipals(databases: Databases, readers: Readers): Principals {
  let onItsWay: Promise<unknown> = Promise.resolve()

  async function read(actors: readonly Actor[]): Promise<(Principal | null)[]> {
    const asked = actors.map((actor) => ({ ...actor, fingerprint: unknown }))
    const found = await readChanges(
      (statement) => databases.query('primary', statement, { isRepeated: true }),
      readers,
      asked,
    )
    const principals = new Map(found.map(({ watched, principal }) => [watched, principal]))
    return asked.map((each) => principals.get(each) ?? null)
  }

  const loader = new DataLoader<Actor, Principal | null>(
    (actors) => {
      const reading = read(actors)
      onItsWay = reading.catch(() => undefined) // told to those who asked
      return reading
    },
    { cache: false, maxBatchSize: maxTogether, batchScheduleFn: (dispatch) => void settled(onItsWay).then(dispatch) },
  )
  return { of: (actor) => loader.load(actor) }
}

/** Resolves with the promise, but not much later. */
async function settled(promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, patience)))
  await Promise.race([promise, late])
  clearTimeout(timer)
}
