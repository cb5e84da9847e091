import { customerScopes } from '../../permissions/scopes.ts'
import { builder } from '../builder.ts'
import { searchCost } from '../resource/connection.ts'
import { askedProfile } from './asked-profile.ts'

const rule = { readAccessProfiles: true } as const

builder.queryField('accessProfileSchema', (t) =>
  t.string({
    description:
      "The schema that introspection shows to this profile's logins, in the schema definition language, with the flags that everything in it needs as directives.",
    authScopes: rule,
    extensions: { cost: searchCost },
    args: { profileId: t.arg.id({ required: true, description: 'The profile, by its `id`.', authScopes: rule }) },
    resolve: async (_root, { profileId }, context) => {
      const profile = await askedProfile(context, profileId, 'profileId')
      return context.foresight.definition(customerScopes(profile))
    },
  }),
)
