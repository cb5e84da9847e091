import type { Permission } from '../../permissions/permissions.ts'
import type { Precision } from '../statistics/derivation.ts'

/**
 * COMPUTABLE: what is off can be computed from what is on. WITHOUT_EFFECT: what is on does nothing.
 * INCOMPLETE: what is on works in part only.
 */
export type WarningKind = 'COMPUTABLE' | 'WITHOUT_EFFECT' | 'INCOMPLETE'

/** One way to compute what is denied. */
export interface WarningWay {
  /** The flags that are on and suffice for it. */
  readonly permissions: readonly Permission[]
  /** In plain words, for an operator. */
  readonly explanation: string
  readonly precision: Precision
  /** Whether it takes a question for each bucket, page, prefix, call or moment. */
  readonly laborious: boolean
}

export interface ProfileWarning {
  readonly kind: WarningKind
  /** The flags that it is about, at least one: of COMPUTABLE those that are off, else those that are on. */
  readonly permissions: readonly Permission[]
  /** In plain words, for an operator. */
  readonly message: string
  /** Of COMPUTABLE: how, the best first. */
  readonly ways: readonly WarningWay[]
}
