import type { SignedIn } from '../identity/identity.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { forAdministrators } from './rules/audience.ts'
import { Viewer } from './viewer.ts'

const open = { public: true } as const

const SignInPayload = builder.objectRef<SignedIn>('SignInPayload').implement({
  description: 'A session. The answer also sets it as an HttpOnly cookie, for browsers.',
  fields: (t) => ({
    token: t.exposeString('token', {
      nullable: false,
      description: 'For the header `Authorization: Bearer …`.',
      authScopes: open,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When the token expires; none if it never does.',
      authScopes: open,
      resolve: ({ expiresAt }) => expiresAt?.toISOString() ?? null,
    }),
    viewer: t.field({ type: Viewer, nullable: false, authScopes: open, resolve: ({ viewer }) => viewer }),
  }),
})

function withCookies(context: Context, signedIn: SignedIn): SignedIn {
  context.setCookies.push(...signedIn.setCookies)
  return signedIn
}

builder.mutationFields((t) => ({
  signIn: t.field({
    type: SignInPayload,
    description: 'Signs a customer in with a portal login.',
    authScopes: open,
    args: {
      login: t.arg.string({ required: true, authScopes: open }),
      password: t.arg.string({ required: true, authScopes: open }),
    },
    resolve: async (_root, { login, password }, context) =>
      withCookies(context, await context.identity.signIn(login, password, context.address)),
  }),
  adminSignIn: t.field({
    type: SignInPayload,
    description: 'Signs an administrator in.',
    extensions: forAdministrators,
    authScopes: open,
    args: {
      username: t.arg.string({ required: true, authScopes: open }),
      password: t.arg.string({ required: true, authScopes: open }),
    },
    resolve: async (_root, { username, password }, context) =>
      withCookies(context, await context.identity.adminSignIn(username, password, context.address)),
  }),
  signOut: t.boolean({
    description: 'Ends the session for good: its tokens, cookies and file links are worth nothing from now on.',
    authScopes: open,
    resolve: async (_root, _args, context) => {
      context.setCookies.push(...(await context.identity.signOut(context.viewer)))
      return true
    },
  }),
}))
