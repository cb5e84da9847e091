import { findGateway } from '../backends/gateways.ts'
import { GatewayError } from '../errors.ts'
import type { CallToken as IssuedCallToken } from '../identity/call-tokens.ts'
import { builder } from './builder.ts'
import { customerOf, type Context } from './context.ts'

const rule = { webrtcDialer: true } as const

const CallToken = builder.objectRef<IssuedCallToken>('CallToken').implement({
  description: 'With it a phone in the browser signs in at the switch, as the gateway of its login.',
  fields: (t) => ({
    token: t.exposeString('token', { description: 'For the SIP client, in place of a password.', authScopes: rule }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When the token expires.',
      authScopes: rule,
      resolve: ({ expiresAt }) => expiresAt.toISOString(),
    }),
  }),
})

builder.mutationField('createCallToken', (t) =>
  t.field({
    type: CallToken,
    description:
      'A fresh call token for the gateway of this login. `CONFLICT` where it has none that takes call tokens, or where the operator has set up no key for them.',
    authScopes: rule,
    resolve: (_root, _args, context) => createCallToken(context),
  }),
)

async function createCallToken(context: Context): Promise<IssuedCallToken> {
  const { tenant, provisionGatewayId } = customerOf(context)
  if (context.issueCallToken === null) throw new GatewayError('CONFLICT', 'Call tokens are not set up here.')
  const gateway = provisionGatewayId === null ? null : await findGateway(context.databases, tenant, provisionGatewayId)
  if (gateway === null) throw new GatewayError('CONFLICT', 'This login has no gateway for calls.')
  if (!gateway.allowsJwt) throw new GatewayError('CONFLICT', 'The gateway of this login does not take call tokens.')
  return context.issueCallToken(gateway.uuid)
}
