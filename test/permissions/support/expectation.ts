import { fieldNamed, objectNamed, type Selection } from './selections.ts'
import { needsOf } from './published.ts'

/** What the answer says of one denied place. */
export interface Denied {
  readonly permission: string
  readonly coordinate: string
  readonly path: readonly string[]
}

/** The denials of an operation when these flags are off: at each place of the answer the first that is missing. */
export function expectedDenials(selections: readonly Selection[], off: ReadonlySet<string>): Denied[] {
  const places = selections.flatMap((each) => placesAt(each, off, { place: [], path: [], inList: false }))
  // Objects of several types may have the same field at the same place.
  const distinct = new Map(places.map((place) => [JSON.stringify(place), place.denied]))
  return sorted([...distinct.values()])
}

interface Position {
  readonly place: readonly string[]
  /** As much of the place as is a path in any answer: it stops at the first list. */
  readonly path: readonly string[]
  readonly inList: boolean
}

interface Place {
  readonly place: readonly string[]
  readonly denied: Denied
}

function placesAt(each: Selection, off: ReadonlySet<string>, above: Position): Place[] {
  const place = [...above.place, each.key]
  const path = above.inList ? above.path : place
  const coordinate = `${each.on}.${each.field}`
  const missing = each.flags.find((flag) => off.has(flag))
  if (missing !== undefined) return [{ place, denied: { permission: missing, coordinate, path } }]
  const unfound = typesById(each).filter((type) => flagToFind(type, off) !== undefined)
  const notFound = unfound.map((type) => {
    const permission = String(flagToFind(type, off))
    return { place, denied: { permission, coordinate, path } }
  })
  const below = each.below.filter(({ on }) => !unfound.includes(on))
  return [
    ...notFound,
    ...below.flatMap((next) => placesAt(next, off, { place, path, inList: above.inList || each.list })),
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
  const types = typesById(each)
  const found = (object: unknown) =>
    !types.some((type) => isOfType(object, type) && flagToFind(type, off) !== undefined)
  const visible = Array.isArray(full) ? full.map((item) => (found(item) ? item : null)) : found(full) ? full : null
  return expectedData(each.below, visible, off)
}

/** The types of what a field is to find by ids: the ids say so. */
function typesById({ on, field, args }: Selection): string[] {
  if (on !== 'Query' || (field !== 'node' && field !== 'nodes')) return []
  const ids = [...args.matchAll(/"([\w+/=]+)"/g)].map(([, id = '']) => Buffer.from(id, 'base64').toString())
  return [...new Set(ids.map((id) => id.split(':')[0] ?? ''))]
}

/** What is missing for an object of this type to be found by its id, which is what its id needs to be read. */
function flagToFind(type: string, off: ReadonlySet<string>): string | undefined {
  return needsOf(fieldNamed(objectNamed(type), 'id')).find((flag) => off.has(flag))
}

function isOfType(value: unknown, type: string): boolean {
  return isObject(value) && value['__typename'] === type
}

/** In one order, since an answer may have its errors in any. */
export function sorted(denials: readonly Denied[]): Denied[] {
  const text = ({ path, coordinate, permission }: Denied) => [...path, coordinate, permission].join(' ')
  return denials.toSorted((one, other) => (text(one) < text(other) ? -1 : 1))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
