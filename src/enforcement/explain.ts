import type { FieldNode, SelectionNode } from 'graphql'
import { capabilityName, isCapability } from '../permissions/capabilities.ts'
import { permissionName } from '../permissions/permissions.ts'
import { denialOf, isIdentityScope, type Denial, type Rule } from '../permissions/rule.ts'
import type { Scope } from '../permissions/scopes.ts'
import { maxPlaces, type ExplainedPlace, type Explanation } from '../schema/admin/foresight.ts'
import { ruleAt } from '../schema/rules/rules.ts'
import { coercedVariables, fragmentsOf, operationOf, type Operation } from './operations.ts'
import { fieldsIn } from './traversal.ts'
import { inputsOf, judge, reachedFields, startAt, type Judgement, type Position, type WalkInput } from './walk.ts'

type Cause = ExplainedPlace['cause']

/** What keeps a field from being asked: null as a cause where it is no matter of permissions. */
interface Above {
  readonly cause: Cause
}

/** Every place of an operation with what was decided about it, by the very function that decides requests. */
export function explain(operation: Operation, scopes: WalkInput['scopes']): Pick<Explanation, 'places' | 'complete'> {
  const definition = operationOf(operation)
  const variables = definition && coercedVariables(operation, definition)
  const root = definition && operation.schema.getRootType(definition.operation)
  if (!variables || !root) return { places: [], complete: true }
  const { schema, document } = operation
  const walk = { schema, fragments: fragmentsOf(document), variables, operation: definition, scopes }
  const explainer = new Explainer(walk)
  explainer.selections(definition.selectionSet.selections, startAt(root), null)
  return { places: [...explainer.places.values()].slice(0, maxPlaces), complete: explainer.places.size <= maxPlaces }
}

class Explainer {
  /** By what tells them apart: what is written twice at one place is one place. */
  readonly places = new Map<string, ExplainedPlace>()
  readonly #walk: WalkInput

  constructor(walk: WalkInput) {
    this.#walk = walk
  }

  /** `above`: why nothing here is asked for. `denied`: types of objects that are found by id here. */
  selections(
    selections: readonly SelectionNode[],
    position: Position,
    above: Above | null,
    denied: ReadonlyMap<string, Above> = new Map(),
  ): void {
    const reached = new Set([...reachedFields(this.#walk, selections, position)].map(({ node }) => node))
    for (const { node, type } of fieldsIn(this.#walk, selections, position.type)) {
      if (this.places.size > maxPlaces) return
      const apart = reached.has(node) ? null : (denied.get(type.name) ?? { cause: null })
      this.#field(node, { ...position, type }, above ?? apart)
    }
  }

  #field(node: FieldNode, position: Position, above: Above | null): void {
    const judgement = judge(this.#walk, node, position)
    if (!judgement) return
    const { field, coordinate, path, denied, byIds, below } = judgement
    const own = denied[0]?.blank ? { cause: causeOf(denied[0]) } : null
    this.#add({ kind: 'FIELD', path, input: null, coordinate }, ruleAt(field), above, own)
    this.#inputs(node, judgement, above, own)
    const types = this.#types(judgement, above)
    if (!node.selectionSet || !below) return
    // Where every id is of a denied type, there is no object to ask.
    const none = byIds?.allowed.size === 0 ? [...types.values()][0] : undefined
    this.selections(node.selectionSet.selections, below, above ?? own ?? none ?? null, types)
  }

  /** What the field is called with: denied by its own rule, or not reached together with its field. */
  #inputs(node: FieldNode, { field, coordinate, path }: Judgement, above: Above | null, ofField: Above | null): void {
    const isFieldAllowed = denialOf(ruleAt(field), this.#walk.scopes) === null
    for (const { rule, coordinate: name, path: input } of inputsOf(this.#walk, node, field, coordinate)) {
      const denial = isFieldAllowed ? denialOf(rule, this.#walk.scopes) : null
      const own = denial && { cause: causeOf({ denial, coordinate: name }) }
      const kind = name.endsWith(':)') ? 'ARGUMENT' : 'INPUT_FIELD'
      this.#add({ kind, path, input, coordinate: name }, rule, above ?? (own ? null : ofField), own)
    }
  }

  /** The types of the objects that are asked for by their ids; why the denied ones are denied. */
  #types({ byIds, coordinate, path }: Judgement, above: Above | null): ReadonlyMap<string, Above> {
    const denied = new Map<string, Above>()
    for (const [name, rule] of byIds?.rules ?? []) {
      const denial = denialOf(rule, this.#walk.scopes)
      const own = denial && { cause: causeOf({ denial, coordinate }) }
      if (own) denied.set(name, own)
      this.#add({ kind: 'TYPE', path, input: null, coordinate: name }, rule, above, own)
    }
    return denied
  }

  #add(
    what: Pick<ExplainedPlace, 'kind' | 'path' | 'input' | 'coordinate'>,
    rule: Rule,
    above: Above | null,
    own: Above | null,
  ): void {
    const key = JSON.stringify([what.path, what.kind, what.coordinate, what.input])
    const known = this.places.get(key)
    if (known && known.outcome !== 'NOT_REACHED') return
    const missing = rule.filter((scope) => this.#walk.scopes[scope] !== true)
    this.places.set(key, {
      ...what,
      needs: rule.flatMap(nameOf),
      missing: missing.flatMap(nameOf),
      outcome: above ? 'NOT_REACHED' : own ? 'DENIED' : 'ALLOWED',
      cause: (above ?? own)?.cause ?? null,
    })
  }
}

function causeOf({ denial, coordinate }: { readonly denial: Denial; readonly coordinate: string }): Cause {
  return denial.code === 'FORBIDDEN' ? { coordinate, permission: denial.permission } : null
}

/** As errors and descriptions call it; what is open to whoever has signed in needs nothing by name. */
function nameOf(scope: Scope): string[] {
  if (scope === 'admin') return ['ADMIN']
  if (isIdentityScope(scope)) return []
  return [isCapability(scope) ? `ADMIN_${capabilityName(scope)}` : permissionName(scope)]
}
