import type { Direction } from '../../backends/statistics.ts'

/** How near a computation comes to the figure itself, the nearest first. */
export const precisions = ['EXACT', 'ROUNDED', 'LIMITED', 'ESTIMATED'] as const

export type Precision = (typeof precisions)[number]

/** A number that flags can deny, and the fields that show it, by their coordinates. */
export interface Figure {
  readonly name: string
  /** Within a sentence. */
  readonly label: string
  /** Of which traffic it is; null where that goes without saying. */
  readonly direction: Direction | null
  /** Its chart: it bucket by bucket. */
  readonly series: string | null
  /** The number, of any period. */
  readonly totals: string | null
  /** What the number is that somebody makes of the chart alone. */
  readonly sum: { readonly precision: Precision; readonly how: string }
}

/** One step by which a figure is computed from others, or from what else the schema shows. */
export interface Derivation {
  readonly gives: string
  /** Figures by their names, for the same period. */
  readonly from: readonly string[]
  /** What else is read, by coordinates: who may have all of them can do it. */
  readonly reads: readonly string[]
  /** In plain words, for an operator. */
  readonly how: string
  readonly precision: Precision
  /** Whether it takes a question for each bucket, page, prefix, call or moment. */
  readonly laborious: boolean
}

type Step = Pick<Derivation, 'gives' | 'how'> & Partial<Derivation>

export function derivation(step: Step): Derivation {
  return { from: [], reads: [], precision: 'EXACT', laborious: false, ...step }
}
