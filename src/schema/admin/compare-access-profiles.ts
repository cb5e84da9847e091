import type { AccessProfile } from '../../permissions/access-profile.ts'
import { permissionKeys, permissionName, permissions, type Permission as Flag } from '../../permissions/permissions.ts'
import { customerScopes } from '../../permissions/scopes.ts'
import { Permission } from '../access-profile.ts'
import { builder } from '../builder.ts'
import { searchCost } from '../resource/connection.ts'
import { plain } from '../resource/plain.ts'
import type { AccessDifference } from '../rules/access-difference.ts'
import { askedProfiles } from './asked-profile.ts'

const rule = { readAccessProfiles: true } as const

/** Two profiles side by side. */
interface Comparison {
  readonly a: AccessProfile
  readonly b: AccessProfile
  readonly difference: () => AccessDifference
}

interface FlagDifference {
  readonly flag: Flag
  readonly a: boolean
  readonly b: boolean
}

const AccessFlagDifference = builder.objectRef<FlagDifference>('AccessFlagDifference').implement({
  description: 'A flag that is on in one of two profiles and off in the other.',
  fields: (t) => ({
    permission: t.field({
      type: Permission,
      description: 'Which flag.',
      authScopes: rule,
      resolve: ({ flag }) => permissionName(flag),
    }),
    title: t.string({
      description: 'What Yeti calls it.',
      authScopes: rule,
      ...plain(({ flag }: FlagDifference) => permissions[flag].title),
    }),
    a: t.boolean({ description: 'Whether it is on in `a`.', authScopes: rule, ...plain(({ a }: FlagDifference) => a) }),
    b: t.boolean({ description: 'Whether it is on in `b`.', authScopes: rule, ...plain(({ b }: FlagDifference) => b) }),
  }),
})

const AccessProfileComparison = builder.objectRef<Comparison>('AccessProfileComparison').implement({
  description: 'What the logins of two profiles have, and the others have not.',
  fields: (t) => ({
    flags: t.field({
      type: [AccessFlagDifference],
      description: "The flags that differ, in the catalogue's order.",
      authScopes: rule,
      resolve: ({ a, b }) =>
        permissionKeys.filter((flag) => a[flag] !== b[flag]).map((flag) => ({ flag, a: a[flag], b: b[flag] })),
    }),
    onlyA: t.stringList({
      description:
        'Fields, arguments and input fields that only logins of `a` can use: `Type.field`, `Type.field(argument:)`, `Input.field`; sorted.',
      authScopes: rule,
      resolve: ({ difference }) => [...difference().lost],
    }),
    onlyB: t.stringList({
      description: 'The same for what only logins of `b` can use.',
      authScopes: rule,
      resolve: ({ difference }) => [...difference().gained],
    }),
  }),
})

builder.queryField('compareAccessProfiles', (t) =>
  t.field({
    type: AccessProfileComparison,
    description: 'Two access profiles side by side: which flags differ, and what of the schema only one of them opens.',
    authScopes: rule,
    extensions: { cost: searchCost },
    args: {
      a: t.arg.id({ required: true, description: 'The one profile, by its `id`.', authScopes: rule }),
      b: t.arg.id({ required: true, description: 'The other.', authScopes: rule }),
    },
    resolve: async (_root, ids, context): Promise<Comparison> => {
      const { a, b } = await askedProfiles(context, ids)
      let known: AccessDifference | undefined
      const difference = (): AccessDifference =>
        (known ??= context.foresight.difference(customerScopes(a), customerScopes(b)))
      return { a, b, difference }
    },
  }),
)
