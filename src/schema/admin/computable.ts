import type { Permission } from '../../permissions/permissions.ts'
import { precisions, type Derivation, type Figure, type Precision } from '../statistics/derivation.ts'

/** What of a computation makes it better or worse than another. */
export interface Merits {
  readonly precision: Precision
  readonly laborious: boolean
}

/** One way to a figure: everything that it takes, however many steps. */
export interface Way extends Merits {
  /** Figures, by their names. */
  readonly figures: ReadonlySet<string>
  /** The flags of what else is read. */
  readonly flags: ReadonlySet<Permission>
  /** The steps in words, in their order. */
  readonly steps: readonly string[]
}

export type WaysByFigure = ReadonlyMap<string, readonly Way[]>

/** Flags that are all needed to read what these coordinates show; null where some of them is not in the schema. */
type FlagsOf = (coordinates: readonly string[]) => ReadonlySet<Permission> | null

/**
 * All ways to each figure that are worth naming: the closure of the single steps. A way may take the figure itself,
 * whose chart can help to its number.
 */
export function waysToAll(
  figures: readonly Figure[],
  derivations: readonly Derivation[],
  flagsOf: FlagsOf,
): WaysByFigure {
  const names = figures.map(({ name }) => name)
  const steps = derivations.flatMap((derivation) => {
    const flags = flagsOf(derivation.reads)
    return flags ? [{ ...derivation, flags }] : []
  })
  let known: WaysByFigure = new Map(names.map((name) => [name, [given(name)]]))
  for (;;) {
    const derived = new Map(names.map((name) => [name, best(derivedWays(name, steps, known))]))
    const next = new Map(names.map((name) => [name, best([given(name), ...(derived.get(name) ?? [])])]))
    if (fingerprint(next) === fingerprint(known)) return derived
    known = next
  }
}

function fingerprint(ways: WaysByFigure): string {
  const each = ({ figures, flags, precision, laborious }: Way): string =>
    [...[...figures].sort(), ...[...flags].sort(), precision, laborious].join()
  return [...ways].map(([name, found]) => `${name}:${found.map(each).sort().join(';')}`).join('\n')
}

function given(name: string): Way {
  return { figures: new Set([name]), flags: new Set(), steps: [], precision: 'EXACT', laborious: false }
}

function derivedWays(name: string, steps: readonly (Derivation & Pick<Way, 'flags'>)[], known: WaysByFigure): Way[] {
  return steps
    .filter(({ gives }) => gives === name)
    .flatMap(({ from, flags, how, precision, laborious }) => {
      const own: Way = { figures: new Set(), flags, steps: [how], precision, laborious }
      return from.reduce<Way[]>(
        (ways, input) => ways.flatMap((way) => (known.get(input) ?? []).map((other) => together(other, way))),
        [own],
      )
    })
}

/** `last`: what comes after the other's steps. */
function together(first: Way, last: Way): Way {
  return {
    figures: new Set([...first.figures, ...last.figures]),
    flags: new Set([...first.flags, ...last.flags]),
    steps: [...new Set([...first.steps, ...last.steps])],
    precision: worse(first.precision, last.precision),
    laborious: first.laborious || last.laborious,
  }
}

export function worse(one: Precision, other: Precision): Precision {
  return rank(one) > rank(other) ? one : other
}

function rank(precision: Precision): number {
  return precisions.indexOf(precision)
}

/** Ways for which there is none that takes less and is as good. Of equal ones that with fewer steps. */
function best(ways: readonly Way[]): Way[] {
  const simplest = [...ways].sort((one, other) => one.steps.length - other.steps.length)
  return unsurpassed(simplest, (one, other) => isWithin(one.figures, other.figures) && isWithin(one.flags, other.flags))
}

/** `takesNoMore`: whether the first takes nothing that the second does not. Of equal ones the first stays. */
export function unsurpassed<T extends Merits>(ways: readonly T[], takesNoMore: (one: T, other: T) => boolean): T[] {
  const surpasses = (one: T, other: T): boolean =>
    takesNoMore(one, other) && rank(one.precision) <= rank(other.precision) && (other.laborious || !one.laborious)
  return ways.filter(
    (way, index) =>
      !ways.some((other, at) => at !== index && surpasses(other, way) && (at < index || !surpasses(way, other))),
  )
}

export function isWithin<T>(part: ReadonlySet<T>, whole: ReadonlySet<T>): boolean {
  for (const item of part) if (!whole.has(item)) return false
  return true
}

/** The best first. */
export function byMerit(one: Merits, other: Merits): number {
  return rank(one.precision) - rank(other.precision) || Number(one.laborious) - Number(other.laborious)
}
