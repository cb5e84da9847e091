import { nodeTypes, objectNamed, fieldNamed, type Selection } from './selections.ts'
import { flagsOf } from './published.ts'

/** What the answer says of one denied place. */
export interface Denied {
  readonly permission: string
  readonly coordinate: string
  readonly path: readonly string[]
}

/** The denials of an operation when these flags are off: at each place the first that is missing. */
export function expectedDenials(selections: readonly Selection[], off: ReadonlySet<string>): Denied[] {
  return sorted(selections.flatMap((each) => denialsAt(each, off, [], false)))
}

function denialsAt(each: Selection, off: ReadonlySet<string>, above: readonly string[], inList: boolean): Denied[] {
  const path = inList ? above : [...above, each.key]
  const coordinate = `${each.on}.${each.field}`
  const missing = each.flags.find((flag) => off.has(flag))
  if (missing !== undefined) return [{ permission: missing, coordinate, path }]
  const unseen = typesById(each).flatMap((type) => {
    const permission = flagOfType(type, off)
    return permission === undefined ? [] : [{ type, denied: { permission, coordinate, path } }]
  })
  const below = each.below.filter(({ on }) => !unseen.some(({ type }) => type === on))
  return [
    ...unseen.map(({ denied }) => denied),
    ...below.flatMap((next) => denialsAt(next, off, path, inList || each.list)),
  ]
}

/** The answer when these flags are off, from the answer when all are on. */
export function expectedData(selections: readonly Selection[], full: unknown, off: ReadonlySet<string>): unknown {
  if (Array.isArray(full)) return full.map((item) => expectedData(selections, item, off))
  if (!isObject(full)) return full
  const type = full['__typename']
  const own = selections.filter(({ on }) => type === undefined || on === type)
  const changed = own.map((each) => [each.key, valueAt(each, full[each.key], off)] as const)
  return { ...full, ...Object.fromEntries(changed) }
}

function valueAt(each: Selection, full: unknown, off: ReadonlySet<string>): unknown {
  if (each.flags.some((flag) => off.has(flag))) return null
  const seen = (item: unknown) => !isObject(item) || flagOfType(String(item['__typename']), off, each) === undefined
  const visible = Array.isArray(full) ? full.map((item) => (seen(item) ? item : null)) : seen(full) ? full : null
  return expectedData(each.below, visible, off)
}

/** The types below a field that finds objects by their ids. */
function typesById({ on, field, below }: Selection): string[] {
  return on === 'Query' && (field === 'node' || field === 'nodes') ? [...new Set(below.map((each) => each.on))] : []
}

/** What is missing for an object of this type to be found by its id: that is, for its id to be read. */
function flagOfType(type: string, off: ReadonlySet<string>, by?: Selection): string | undefined {
  if (by && typesById(by).length === 0) return undefined
  if (!nodeTypes.includes(type)) return undefined
  return flagsOf(fieldNamed(objectNamed(type), 'id')).find((flag) => off.has(flag))
}

/** In one order, since an answer may have its errors in any. */
export function sorted(denials: readonly Denied[]): Denied[] {
  const text = ({ path, coordinate, permission }: Denied) => [...path, coordinate, permission].join(' ')
  return denials.toSorted((one, other) => (text(one) < text(other) ? -1 : 1))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
