/** How much a finding weighs, the heaviest first. */
export const levels = {
  problem: 'PROBLEM',
  without: 'WORKS WITHOUT',
  hint: 'HINT',
} as const

export type Level = keyof typeof levels

/** Something that a live system lacks. */
export interface Finding {
  readonly level: Level
  /** What it is, one line: `billing.payments has no column currency_id`. */
  readonly what: string
  /** What then does not work, for whom: `customers see no payments`. */
  readonly then: string
  /** The statements that mend it, or in words what does. */
  readonly mend: string
}

/** What was looked at, and what was found there, sorted by weight. */
export interface Report {
  /** `Yeti's CDR database (CDR_DATABASE_URL)` */
  readonly title: string
  /** Where it is and as whom it was looked at; null when nobody answered. */
  readonly about: string | null
  readonly findings: readonly Finding[]
}

const weights = Object.keys(levels)

export function byWeight(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((one, other) => weights.indexOf(one.level) - weights.indexOf(other.level))
}
