import type { Rule } from '../../permissions/rule.ts'

/** A field, argument or input field, built or as a configuration. */
interface Guarded {
  readonly name?: string
  readonly extensions?: Readonly<Record<string | symbol, unknown>> | null | undefined
}

/** The rule that a field, argument or input field of the built schema carries. Throws where there is none. */
export function ruleAt({ name, extensions }: Guarded): Rule {
  const rule: unknown = extensions?.['rule']
  if (!isRule(rule)) throw new TypeError(`${name ?? 'A coordinate'} has no rule`)
  return rule
}

function isRule(value: unknown): value is Rule {
  return Array.isArray(value) && value.length > 0
}
