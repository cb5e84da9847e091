import { permissionKeys, type Permission } from '../../../src/permissions/permissions.ts'
import { flagOf, metrics, type Direction, type Form, type Metric } from './lint-asker.ts'
import { otherWays, statisticsWays, type Denied, type Precision } from './lint-ways.ts'

// What lint should say, by brute force over the ways that were found by hand.

type Profile = Readonly<Record<Permission, boolean>>

interface Way {
  readonly permissions: readonly Permission[]
  readonly precision: Precision
  readonly laborious: boolean
}

export function wordOf({ permissions, precision, laborious }: Way): string {
  return `${precision}${laborious ? ' laborious' : ''}: ${[...permissions].sort().join(' + ')}`
}

const nearness: readonly Precision[] = ['EXACT', 'ROUNDED', 'LIMITED', 'ESTIMATED']

function isBetter(one: Way, other: Way): boolean {
  return (
    one.permissions.every((flag) => other.permissions.includes(flag)) &&
    nearness.indexOf(one.precision) <= nearness.indexOf(other.precision) &&
    Number(one.laborious) <= Number(other.laborious) &&
    wordOf(one) !== wordOf(other)
  )
}

const sections = { outgoing: 'outgoingStatistics', incoming: 'incomingStatistics' } as const
const known = { outgoing: statisticsWays('outgoing'), incoming: statisticsWays('incoming') } as const

/** How near the number is that the chart alone gives. */
const ofChart: Readonly<Record<Metric, Precision>> = {
  totalCalls: 'EXACT',
  successfulCalls: 'EXACT',
  failedCalls: 'EXACT',
  totalDuration: 'EXACT',
  totalPrice: 'ROUNDED',
  acd: 'LIMITED',
  asr: 'LIMITED',
}

function other(form: Form): Form {
  return form === 'series' ? 'totals' : 'series'
}

function shows(profile: Profile, direction: Direction, metric: Metric, form: Form): boolean {
  return profile[sections[direction]] && profile[flagOf(direction, metric, form)]
}

function metricWays(profile: Profile, direction: Direction, metric: Metric, target: Form): Way[] {
  const section = sections[direction]
  const ways: Way[] = []
  if (shows(profile, direction, metric, other(target))) {
    const flag = flagOf(direction, metric, other(target))
    ways.push({
      permissions: [section, flag],
      precision: target === 'series' ? 'EXACT' : ofChart[metric],
      laborious: target === 'series',
    })
  }
  for (const { gives, from, flags, precision, laborious } of known[direction]) {
    if (gives !== metric || !flags.every((flag) => profile[flag])) continue
    const forms = from.map((each) =>
      [target, other(target)].find((form) => shows(profile, direction, each, form as Form)),
    )
    if (forms.includes(undefined)) continue
    const used = from.map((each, index) => flagOf(direction, each, forms[index] as Form))
    const isForced = target === 'series' && forms.includes('totals')
    ways.push({ permissions: [...new Set([...flags, ...used])], precision, laborious: laborious || isForced })
  }
  return [...ways, ...elsewhere(profile, metric, direction)]
}

function elsewhere(profile: Profile, denied: Denied, direction: Direction | null): Way[] {
  return otherWays
    .filter(({ gives, of, flags }) => gives === denied && of === direction && flags.every((flag) => profile[flag]))
    .map(({ flags, precision, laborious }) => ({ permissions: flags, precision, laborious }))
}

function best(ways: readonly Way[]): string[] {
  return ways.filter((way) => !ways.some((one) => isBetter(one, way))).map(wordOf)
}

/** Each warning as one text: the flags that are off, and the ways, sorted. */
export function expectedComputable(profile: Profile): string[] {
  const found: [readonly Permission[], string[]][] = (['outgoing', 'incoming'] as const).flatMap((direction) =>
    ofStatistics(profile, direction),
  )
  if (!profile.outgoingActiveCalls)
    found.push([['outgoingActiveCalls'], best(elsewhere(profile, 'callsInProgress', null))])
  if (!profile.account) found.push([['account'], best(elsewhere(profile, 'balance', null))])
  return found
    .filter(([, ways]) => ways.length > 0)
    .map(([flags, ways]) => `${flags.join()} by ${[...new Set(ways)].sort().join('; ')}`)
}

function ofStatistics(profile: Profile, direction: Direction): [readonly Permission[], string[]][] {
  const section = sections[direction]
  const chart = flagOf(direction, 'activeCalls', 'series')
  const found: [readonly Permission[], string[]][] = metrics.map((metric) => {
    const denied = (['series', 'totals'] as const).filter((form) => !shows(profile, direction, metric, form))
    const target = denied.at(-1)
    const flags = permissionKeys.filter((key) => denied.some((form) => flagOf(direction, metric, form) === key))
    return [flags, target ? best(metricWays(profile, direction, metric, target)) : []]
  })
  if (!profile[section] || !profile[chart]) found.push([[chart], best(elsewhere(profile, 'activeCalls', direction))])
  // While the whole page is off, it is one thing that is off.
  return profile[section] ? found : [[[section], found.flatMap(([, ways]) => ways)]]
}

/** Profiles with few flags, with most, and in between; the same ones each time. */
export function* randomProfiles(count: number, seed: number): Generator<Record<Permission, boolean>> {
  let state = seed
  const random = () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
  for (let index = 0; index < count; index++) {
    const share = [0.1, 0.3, 0.5, 0.7, 0.9, 0.97][index % 6] ?? 0.5
    yield Object.fromEntries(permissionKeys.map((key) => [key, random() < share])) as Record<Permission, boolean>
  }
}
