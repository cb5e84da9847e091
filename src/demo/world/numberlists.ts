import { createRandom } from '../random.ts'
import { zones } from './zones.ts'

const modes = { strict: 1, prefix: 2, random: 3 } as const
const actions = { reject: 1, allow: 2 } as const

type Action = keyof typeof actions

/** Numbers or prefixes that calls are refused or let through for. */
export interface Numberlist {
  readonly id: number
  readonly name: string
  readonly mode: keyof typeof modes
  readonly defaultAction: Action
  readonly items: readonly NumberlistItem[]
}

export interface NumberlistItem {
  readonly key: string
  /** Null: the list's default. */
  readonly action: Action | null
}

export function modeId({ mode }: Numberlist): number {
  return modes[mode]
}

export function actionId(action: Action | null): number | null {
  return action && actions[action]
}

function items(action: Action | null, ...keys: readonly string[]): readonly NumberlistItem[] {
  return keys.map((key) => ({ key, action }))
}

const fraudSeed = 20_260
const fraudCount = 460
/** One in so many is an exception to the others. */
const exceptionEvery = 23

/** Ranges of numbers below the networks' prefixes, more than fit on a page. */
function fraudRanges(): readonly NumberlistItem[] {
  const random = createRandom(fraudSeed)
  const keys = new Set<string>()
  while (keys.size < fraudCount) keys.add(random.pick(zones).prefix + random.digits(4))
  return [...keys].map((key, index) => ({ key, action: index % exceptionEvery === 0 ? 'allow' : 'reject' }))
}

export const auroraFraud: Numberlist = {
  id: 901,
  name: 'Aurora fraud ranges',
  mode: 'prefix',
  defaultAction: 'allow',
  items: fraudRanges(),
}

/** Of the one account of frank's. */
export const auroraShopNumbers: Numberlist = {
  id: 902,
  name: 'Aurora shops, numbers that may be called',
  mode: 'strict',
  defaultAction: 'reject',
  items: [
    ...items('allow', '4940555010100', '442079460123', '380445010777'),
    ...items('reject', '44909879001', '19005550123'),
    ...items(null, '33142685300', '390669812345'),
  ],
}

export const auroraAppNumbers: Numberlist = {
  id: 903,
  name: 'Aurora app, refused numbers',
  mode: 'strict',
  defaultAction: 'allow',
  items: [],
}

/** Aurora's, but no login may manage it. */
export const auroraAudit: Numberlist = {
  id: 904,
  name: 'Aurora audit sample',
  mode: 'random',
  defaultAction: 'allow',
  items: items('reject', '882', '883', '8816'),
}

export const borealisScreening: Numberlist = {
  id: 911,
  name: 'Borealis trunk screening',
  mode: 'prefix',
  defaultAction: 'reject',
  items: [
    ...items('allow', '46', '47', '45', '358', '44'),
    ...items('reject', '44909', '46900', '4570'),
    ...items(null, ''),
  ],
}

/** No calls are checked against it, so it is no customer's. */
export const spareNumbers: Numberlist = {
  id: 990,
  name: 'Operator spare list',
  mode: 'strict',
  defaultAction: 'reject',
  items: items(null, '99900001', '99900002'),
}

export const numberlists: readonly Numberlist[] = [
  auroraFraud,
  auroraShopNumbers,
  auroraAppNumbers,
  auroraAudit,
  borealisScreening,
  spareNumbers,
]
