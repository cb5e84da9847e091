import type { Gateway } from '../../support/gateway.ts'

/** A row of `portal.active_calls`, as far as a test cares. */
export type CallRow = Readonly<Record<string, unknown>>

/** Alice's contractor, and erin's. */
export const aurora = 101
export const borealis = 102

let count = 0

/** Writes a snapshot as the switch would: calls, all of one moment, `secondsAgo` before now. */
export async function writeSnapshot(gateway: Gateway, calls: readonly CallRow[], secondsAgo = 0): Promise<void> {
  const at = new Date(Date.now() - secondsAgo * 1000).toISOString()
  const rows = calls.map((call) => ({
    snapshot_timestamp: at,
    id: String(9_007_199_254_740_993n + BigInt(++count)),
    start_time: at,
    customer_id: aurora,
    ...call,
  }))
  await gateway.primary.query(
    'INSERT INTO portal.active_calls SELECT * FROM json_populate_recordset(NULL::portal.active_calls, $1)',
    [JSON.stringify(rows)],
  )
}

export async function forgetSingleCalls(gateway: Gateway): Promise<void> {
  await gateway.primary.query('DELETE FROM portal.active_calls')
}

/** What the gateway asks of each source of active calls, in its order. */
export type Question = 'counts' | 'calls' | 'owners'

/** Listens to the questions to the sources until `isEnough` of them. */
export async function questionsUntil(
  gateway: Gateway,
  isEnough: (questions: readonly Question[]) => boolean,
): Promise<Question[]> {
  const { databases } = gateway.app.services
  const questions: Question[] = []
  try {
    await new Promise<void>((resolve) => {
      databases.onStatement = (_database, text) => {
        const question = questionOf(text)
        if (question) questions.push(question)
        if (isEnough(questions)) resolve()
      }
    })
  } finally {
    databases.onStatement = null
  }
  return questions
}

function questionOf(text: string): Question | null {
  if (text.includes('stats.active_call_accounts')) return 'counts'
  if (text.includes('portal.active_calls')) return 'calls'
  return /SELECT id, contractor_id FROM billing\.accounts/.test(text) ? 'owners' : null
}

/** Waits until everybody who watches has been told of whatever was there when this was called. */
export async function polled(gateway: Gateway, times = 2): Promise<Question[]> {
  return questionsUntil(gateway, (questions) => questions.filter((each) => each === 'counts').length > times)
}
