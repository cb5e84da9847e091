import { type Moment, minute, timestamp } from './clock.ts'
import { copyLine } from './copy.ts'
import type { Call } from './calls/call.ts'
import { accounts } from './world/accounts.ts'

export interface Snapshots {
  readonly count: (call: Call) => void
  /** Lines of stats.active_call_accounts, by time: only accounts with a call have one. */
  readonly lines: (firstId: number) => Iterable<string>
}

export const snapshotColumns = ['id', 'account_id', 'originated_count', 'terminated_count', 'created_at']

/** Counts the calls in progress at every full minute after one moment up to another. */
export function createSnapshots(after: Moment, until: Moment): Snapshots {
  const first = Math.floor(after / minute) + 1
  const length = Math.max(0, Math.floor(until / minute) - first + 1)
  const empty = () => new Map(accounts.map(({ id }) => [id, new Int32Array(length)]))
  const originated = empty()
  const terminated = empty()

  function add(counts: Int32Array | undefined, begin: Moment, end: Moment): void {
    if (!counts) return
    const last = Math.min(Math.ceil(end / minute) - first, length)
    for (let index = Math.max(0, Math.ceil(begin / minute) - first); index < last; index++) {
      counts[index] = (counts[index] ?? 0) + 1
    }
  }

  return {
    count: (call) => {
      add(originated.get(call.auth.account.id), call.start, call.end)
      for (const { sent, begin, end } of call.attempts) {
        if (sent) add(terminated.get(sent.route.account.id), begin, end)
      }
    },
    *lines(firstId) {
      let id = firstId
      for (let index = 0; index < length; index++) {
        for (const account of accounts) {
          const out = originated.get(account.id)?.[index] ?? 0
          const into = terminated.get(account.id)?.[index] ?? 0
          if (out || into) yield copyLine([id++, account.id, out, into, timestamp((first + index) * minute)])
        }
      }
    },
  }
}
