import type { GraphQLSchema } from 'graphql'
import type { AccessProfile } from '../../permissions/access-profile.ts'
import { permissionKeys, permissions, type Permission } from '../../permissions/permissions.ts'
import type { Figure } from '../statistics/derivation.ts'
import { derivations, figures } from '../statistics/statistics-derivations.ts'
import { byMerit, isWithin, unsurpassed, waysToAll, type Merits, type Way, type WaysByFigure } from './computable.ts'
import { flagsAt } from './guarded.ts'
import type { ProfileWarning, WarningWay } from './profile-warning.ts'

type Form = 'series' | 'totals'

/** A way for somebody who has a certain profile. */
interface OpenWay extends Merits {
  readonly permissions: readonly Permission[]
  readonly steps: readonly string[]
}

/** What a figure's fields need, in either form; null: it has not this one. */
type Needs = Readonly<Record<Form, readonly Permission[] | null>>

/** What does not depend on the profile. */
interface Knowledge {
  readonly needs: ReadonlyMap<string, Needs>
  readonly ways: WaysByFigure
}

const knowledge = new WeakMap<GraphQLSchema, Knowledge>()

function knowledgeOf(schema: GraphQLSchema): Knowledge {
  let known = knowledge.get(schema)
  if (!known) {
    const at = (coordinate: string | null) => (coordinate === null ? null : flagsAt(schema, coordinate))
    const needs = new Map(figures.map(({ name, series, totals }) => [name, { series: at(series), totals: at(totals) }]))
    const flagsOf = (coordinates: readonly string[]): Set<Permission> | null => {
      const found = coordinates.map((coordinate) => flagsAt(schema, coordinate))
      return found.includes(null) ? null : new Set(found.flatMap((flags) => flags ?? []))
    }
    knowledge.set(schema, (known = { needs, ways: waysToAll(figures, derivations, flagsOf) }))
  }
  return known
}

/** Denied figures that can be computed all the same; those that the same flag denies are one warning. */
export function computableWarnings(profile: AccessProfile, schema: GraphQLSchema): ProfileWarning[] {
  const known = knowledgeOf(schema)
  const bySection = new Map<Permission, Computable[]>()
  for (const figure of figures) {
    const computable = computableForms(figure, profile, known)
    if (computable === null) continue
    const [first] = computable.flags
    if (first === undefined) continue
    bySection.set(first, [...(bySection.get(first) ?? []), computable])
  }
  return [...bySection].map(([flag, all]) => warningOf(flag, all))
}

/** A figure that can be computed. */
interface Computable {
  readonly figure: Figure
  /** The flags that deny it, at least one. */
  readonly flags: readonly Permission[]
  readonly forms: readonly Form[]
  readonly ways: readonly OpenWay[]
}

/** null: it is granted, or stays unknown. */
function computableForms(figure: Figure, profile: AccessProfile, known: Knowledge): Computable | null {
  const needs = known.needs.get(figure.name)
  const denied = (['series', 'totals'] as const).flatMap((form) => {
    // The section's flag comes first; while it is off, the figure's own changes nothing.
    const missing = needs?.[form]?.find((flag) => !profile[flag])
    return missing === undefined ? [] : [{ form, missing }]
  })
  // Where both forms are denied, whoever has the number of every period has the chart.
  const target = denied.at(-1)?.form
  if (target === undefined) return null
  const ways = waysTo(figure, target, profile, known)
  if (ways.length === 0) return null
  return {
    figure,
    flags: [...new Set(denied.map(({ missing }) => missing))],
    forms: denied.map(({ form }) => form),
    ways,
  }
}

/** The ways of which everything is granted, the best first. */
function waysTo(figure: Figure, target: Form, profile: AccessProfile, known: Knowledge): OpenWay[] {
  const derived = (known.ways.get(figure.name) ?? []).flatMap((way) => grantedWay(way, target, profile, known) ?? [])
  const ways = [...fromOtherForm(figure, target, profile, known), ...derived].map((way) => ({
    ...way,
    flags: new Set(way.permissions),
  }))
  const least = unsurpassed(ways, (one, other) => isWithin(one.flags, other.flags))
  return least.sort((one, other) => byMerit(one, other) || one.flags.size - other.flags.size)
}

/** Of what is denied in one form, the other. */
function fromOtherForm(figure: Figure, target: Form, profile: AccessProfile, { needs }: Knowledge): OpenWay[] {
  const flags = needs.get(figure.name)?.[target === 'series' ? 'totals' : 'series']
  if (!flags?.every((flag) => profile[flag])) return []
  const permissions = inOrder(flags)
  if (target === 'series') {
    const steps = ['the chart is the number, asked for the period of each bucket']
    return [{ permissions, steps, precision: 'EXACT', laborious: true }]
  }
  return [{ permissions, steps: [figure.sum.how], precision: figure.sum.precision, laborious: false }]
}

/** null: not all of it is granted. */
function grantedWay(way: Way, target: Form, profile: AccessProfile, { needs }: Knowledge): OpenWay | null {
  if (![...way.flags].every((flag) => profile[flag])) return null
  const used = [...way.figures].map((name) => grantedForm(needs.get(name), target, profile))
  if (used.includes(null)) return null
  const isForced = used.some((form) => form?.isForced)
  const hints = { series: 'numbers are asked for the period of each bucket', totals: 'charts are added up' }
  return {
    permissions: inOrder([...way.flags, ...used.flatMap((form) => form?.flags ?? [])]),
    steps: isForced ? [...way.steps, hints[target]] : way.steps,
    precision: way.precision,
    laborious: way.laborious || (isForced && target === 'series'),
  }
}

interface GrantedForm {
  readonly flags: readonly Permission[]
  /** Whether it is not the wanted one, though the figure has that too. */
  readonly isForced: boolean
}

/** In which form a figure is granted: in the wanted one, if it can be. */
function grantedForm(needs: Needs | undefined, wanted: Form, profile: AccessProfile): GrantedForm | null {
  const isGranted = (flags: readonly Permission[] | null | undefined) => flags?.every((flag) => profile[flag]) === true
  const flags = needs?.[wanted]
  if (flags && isGranted(flags)) return { flags, isForced: false }
  const other = needs?.[wanted === 'series' ? 'totals' : 'series']
  return other && isGranted(other) ? { flags: other, isForced: Boolean(flags) } : null
}

function inOrder(flags: readonly Permission[]): Permission[] {
  return permissionKeys.filter((key) => flags.includes(key))
}

function warningOf(flag: Permission, all: readonly Computable[]): ProfileWarning {
  const flags = inOrder(all.flatMap((one) => one.flags))
  const ways = combined(all)
  const [only] = all
  const message = all.length === 1 && only ? messageOf(only) : messageOfSection(flag, all)
  return { kind: 'COMPUTABLE', permissions: flags, message, ways }
}

function messageOf({ figure, forms, ways }: Computable): string {
  const how = ways[0]?.precision === 'ESTIMATED' ? 'can be estimated' : 'can be computed'
  const where =
    figure.series === null || figure.totals === null
      ? ''
      : ` as ${words[forms.length === 2 ? 'both' : (forms[0] ?? 'both')]}`
  const traffic = figure.direction === null ? '' : ` of ${figure.direction} traffic`
  return `Hidden${where}, but ${how} from what the profile shows: ${figure.label}${traffic}.`
}

const words = { series: 'chart', totals: 'number', both: 'chart and number' } as const

function messageOfSection(flag: Permission, all: readonly Computable[]): string {
  const labels = all.map(({ figure }) => figure.label).join(', ')
  return `${permissions[flag].column} is off, but can be computed or estimated from what the profile shows: ${labels}.`
}

/** What takes the same for several figures is one way. */
function combined(all: readonly Computable[]): WarningWay[] {
  const groups = new Map<string, OpenWay[]>()
  for (const way of all.flatMap(({ ways }) => ways)) {
    const key = [...way.permissions, way.precision, way.laborious].join()
    groups.set(key, [...(groups.get(key) ?? []), way])
  }
  const merged = [...groups.values()].flatMap((same): WarningWay[] => {
    const [first] = same
    if (!first) return []
    const { permissions, precision, laborious } = first
    const explanation = sentence([...new Set(same.flatMap(({ steps }) => steps))])
    return [{ permissions, explanation, precision, laborious }]
  })
  return all.length === 1 ? merged : merged.sort(byMerit)
}

function sentence(parts: readonly string[]): string {
  const text = parts.join('; ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
