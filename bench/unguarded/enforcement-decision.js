// @ts-check
// `src/enforcement/decision.ts` that decides nothing: an operation is only planned, once, as the guarded one is.
import { plan } from '../../dist/src/execution/plan.js'

export function createDecide() {
  /** @type {WeakMap<object, object>} */
  const known = new WeakMap()
  return (/** @type {{ schema: any, document: any }} */ { schema, document }) => {
    let decision = known.get(document)
    if (!decision) {
      decision = {
        document: plan(document, schema, new Set()).document,
        isPlanned: true,
        places: [],
        blanks: [],
        asked: [],
      }
      known.set(document, decision)
    }
    return decision
  }
}
