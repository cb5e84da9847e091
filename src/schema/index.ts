import { builder } from './builder.ts'
import { withRuleDirectives } from './directives.ts'
import './query.ts'
import './viewer.ts'
import './session.ts'
import './node.ts'
import './account.ts'
import './outgoing-cdr.ts'
import './incoming-cdr.ts'
import './outgoing-statistics.ts'
import './incoming-statistics.ts'
import './active-calls.ts'
import './invoice.ts'

/** The whole schema, every rule in it. Building it fails where a field or an argument has none. */
export const schema = withRuleDirectives(builder.toSchema({ sortSchema: true }))
