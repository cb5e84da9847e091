import type { ExplainedAccess } from '../../admin/support/explanations.ts'
import type { Use } from './uses.ts'

interface Cause {
  readonly deniedBy: string | null
  readonly permission: string | null
}

/** What keeps something from being asked for that is no matter of permissions: no id is of its type. */
const noSuchId: Cause = { deniedBy: null, permission: null }

/** A field as what belongs to it sees it. */
interface FieldState {
  readonly above: Cause | null
  /** For its own rule. */
  readonly rule: Cause | null
  /** For that, or for something that it is called with. */
  readonly own: Cause | null
  below(typeName: string): Cause | null
}

/**
 * What an explanation should say of each of these uses: read off the flags that the published schema says each of them
 * requires, by the words of the decisions, with none of the gateway's code.
 */
export function expectedAccess(uses: readonly Use[], off: ReadonlySet<string>): ExplainedAccess[] {
  const fields = new Map<string, FieldState>()
  return uses.map((use, index) => {
    const missing = use.needs.filter((flag) => off.has(flag))
    const [above, own] = use.kind === 'FIELD' ? ofField(use, uses.slice(index + 1)) : ofPart(use)
    const cause = above ?? own ?? noSuchId
    const outcome = above ? 'NOT_REACHED' : own ? 'DENIED' : 'ALLOWED'
    return { ...use, missing, outcome, deniedBy: cause.deniedBy, permission: cause.permission }
  })

  function ofField(use: Use, following: readonly Use[]): [Cause | null, Cause | null] {
    const parent = fields.get(use.path.slice(0, -1).join('.'))
    const above = parent?.below(use.coordinate.split('.')[0] ?? '') ?? null
    const end = following.findIndex(({ kind }) => kind === 'FIELD')
    const parts = end < 0 ? following : following.slice(0, end)
    const state = stateOf(use, parts, above)
    fields.set(use.path.join('.'), state)
    return [above, state.own]
  }

  function stateOf(use: Use, parts: readonly Use[], above: Cause | null): FieldState {
    const rule = denied(use)
    const inputs = parts.filter(({ kind }) => kind !== 'TYPE')
    const types = parts.filter(({ kind }) => kind === 'TYPE')
    const none = types.length > 0 && types.every((type) => denied(type)) ? denied(types[0], use.coordinate) : null
    const own = [rule, ...inputs.map((input) => denied(input)), use.coordinate === 'Query.node' ? none : null].find((one) => one !== null) ?? null // prettier-ignore
    const isById = /^Query\.nodes?$/.test(use.coordinate)
    const apart = (name: string): Cause | null => {
      if (!isById || name === 'Node') return null
      const type = types.find(({ coordinate }) => coordinate === name)
      return type ? denied(type, use.coordinate) : noSuchId
    }
    return { above, rule, own, below: (name) => above ?? own ?? none ?? apart(name) }
  }

  function ofPart(use: Use): [Cause | null, Cause | null] {
    const field = fields.get(use.path.join('.'))
    if (use.kind === 'TYPE') return [field?.above ?? null, denied(use, fieldOf(use))]
    const own = field?.rule ? null : denied(use)
    return [field?.above ?? (own ? null : (field?.own ?? null)), own]
  }

  /** The field that takes the ids. */
  function fieldOf({ path }: Use): string {
    return uses.find(({ kind, path: of }) => kind === 'FIELD' && of.join('.') === path.join('.'))?.coordinate ?? ''
  }

  function denied(use: Use | undefined, deniedBy = use?.coordinate ?? ''): Cause | null {
    const permission = use?.needs.find((flag) => off.has(flag))
    return permission === undefined ? null : { deniedBy, permission }
  }
}
