import { sql } from '../../backends/databases.ts'
import { NotFoundError } from '../../errors.ts'
import type { ActingToken } from '../../identity/identity.ts'
import { allRules } from '../../permissions/rule.ts'
import { builder } from '../builder.ts'
import { administratorOf, type Context } from '../context.ts'
import { keyOf } from '../resource/list-query.ts'
import { change } from './change.ts'
import { loginById, PortalLogin, portalLogins } from './portal-logins.ts'

const rule = { actAsCustomer: true } as const

/** A token, and the login that it looks as. */
interface ActingSession extends ActingToken {
  readonly loginKey: string
}

const ActingSession = builder.objectRef<ActingSession>('ActingSession').implement({
  description: 'A look at the portal as one of its logins. Nothing can be changed in it.',
  fields: (t) => ({
    token: t.exposeString('token', {
      nullable: false,
      description:
        'For the header `Authorization: Bearer …`; no cookie carries it. It is worth nothing any more as soon as the administrator signs out, is disabled, has another password or may no longer act as a customer.',
      authScopes: rule,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: false,
      description: "When the token expires: never later than the administrator's own. It cannot be renewed.",
      authScopes: rule,
      resolve: ({ expiresAt }) => expiresAt.toISOString(),
    }),
    login: t.field({
      type: PortalLogin,
      description: 'Who is looked at.',
      authScopes: allRules(rule, { readPortalLogins: true }),
      resolve: ({ loginKey }, _args, context, info) => loginById(context, loginKey, info),
    }),
  }),
})

builder.mutationField('actAsPortalLogin', (t) =>
  t.field({
    type: ActingSession,
    description:
      "A token with which the portal shows an administrator what this login sees: its customer, accounts and flags as they stand, whatever its own allowed addresses are. It can be used from the administrator's. It is in the audit log, and all that is asked with it in the log.",
    authScopes: rule,
    args: { id: t.arg.id({ required: true, authScopes: rule }) },
    resolve: (_root, { id }, context) => actAs(context, keyOf(portalLogins, id, 'id')),
  }),
)

async function actAs(context: Context, loginKey: string): Promise<ActingSession> {
  const loginId = await change(context, { loginId: Number(loginKey) }, async (transaction, record) => {
    const [found] = await transaction.query<{ id: number; login: string }>(
      sql`SELECT id, login FROM sys.api_access WHERE id = ${loginKey}::bigint`,
    )
    if (!found) throw new NotFoundError('id', 'no such login.')
    const { id, login } = found
    await record({ action: 'act_as', subject: { kind: 'portal_login', id, name: login }, before: null, after: null })
    return id
  })
  // Not before it is in the audit log.
  return { ...(await context.identity.actAs(administratorOf(context), loginId)), loginKey }
}
