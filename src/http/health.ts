import { sql, type DatabaseName, type Databases } from '../backends/databases.ts'
import { answerText } from './answers.ts'
import type { Route } from './route.ts'

/** Milliseconds that the databases have to answer. */
const patience = 2_000

/** `/healthz`: the process answers. `/readyz`: it can also serve; not while it stops, nor without its databases. */
export function healthRoutes(databases: Databases, isDraining: () => boolean): Route[] {
  const reachable = shared(() => answerInTime(databases))
  return [
    { path: '/healthz', methods: ['GET', 'HEAD'], handle: (_, res) => answerText(res, 200, 'ok') },
    {
      path: '/readyz',
      methods: ['GET', 'HEAD'],
      async handle(_, res) {
        const ready = !isDraining() && (await reachable())
        answerText(res, ready ? 200 : 503, ready ? 'ok' : 'not ready')
      },
    },
  ]
}

async function answerInTime(databases: Databases): Promise<boolean> {
  const names: DatabaseName[] = databases.primary === databases.cdr ? ['primary'] : ['primary', 'cdr']
  const answers = Promise.all(names.map((name) => databases.query(name, sql`SELECT 1`)))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => (timer = setTimeout(resolve, patience, false)))
  try {
    return (await Promise.race([answers, late])) !== false
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}

/** Whoever asks while an answer is under way gets that one: probes cannot queue up statements. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | null = null
  return () => (pending ??= ask().finally(() => (pending = null)))
}
