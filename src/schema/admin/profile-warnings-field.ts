import { mapPermissions, permissionName } from '../../permissions/permissions.ts'
import type { TextRow } from '../../backends/text-row.ts'
import { Permission } from '../access-profile.ts'
import { builder } from '../builder.ts'
import type { Precision } from '../statistics/derivation.ts'
import { CustomerPortalAccessProfile } from './access-profiles.ts'
import type { ProfileWarning, WarningKind, WarningWay } from './profile-warning.ts'
import { profileWarnings } from './profile-warnings.ts'

const rule = { readAccessProfiles: true } as const

const kinds: Readonly<Record<WarningKind, { readonly description: string }>> = {
  COMPUTABLE: { description: 'Something that is off can be computed, or estimated, from what is on.' },
  WITHOUT_EFFECT: { description: 'Flags are on and do nothing, since others are off.' },
  INCOMPLETE: { description: 'A flag is on and works in part only, since another is off.' },
}

const AccessProfileWarningKind = builder.enumType('AccessProfileWarningKind', {
  description: 'What is wrong with an access profile.',
  values: kinds,
})

const precisions: Readonly<Record<Precision, { readonly description: string }>> = {
  EXACT: { description: 'It is the figure itself, for any period.' },
  ROUNDED: { description: 'It is the figure but for some hundredths, for any period.' },
  LIMITED: { description: 'It is the figure itself, but for certain periods or moments only.' },
  ESTIMATED: { description: 'It is about the figure.' },
}

const AccessProfileWarningPrecision = builder.enumType('AccessProfileWarningPrecision', {
  description: 'How near a computation comes.',
  values: precisions,
})

const AccessProfileWarningWay = builder.objectRef<WarningWay>('AccessProfileWarningWay').implement({
  description: 'One way to compute what an access profile denies.',
  fields: (t) => ({
    permissions: t.field({
      type: [Permission],
      description: 'The flags that it takes, all of which are on; while one of them is off, it is closed.',
      authScopes: rule,
      resolve: (way) => way.permissions.map(permissionName),
    }),
    explanation: t.string({ description: 'How.', authScopes: rule, resolve: (way) => way.explanation }),
    precision: t.field({
      type: AccessProfileWarningPrecision,
      description: 'How near it comes.',
      authScopes: rule,
      resolve: (way) => way.precision,
    }),
    laborious: t.boolean({
      description: 'Whether it takes a question for each bucket, page, prefix, call or moment.',
      authScopes: rule,
      resolve: (way) => way.laborious,
    }),
  }),
})

export const AccessProfileWarning = builder.objectRef<ProfileWarning>('AccessProfileWarning').implement({
  description: 'What an operator should know of an access profile.',
  fields: (t) => ({
    kind: t.field({
      type: AccessProfileWarningKind,
      description: 'What is wrong.',
      authScopes: rule,
      resolve: (warning) => warning.kind,
    }),
    permissions: t.field({
      type: [Permission],
      description: 'The flags that it is about: of `COMPUTABLE` those that are off, else those that are on.',
      authScopes: rule,
      resolve: (warning) => warning.permissions.map(permissionName),
    }),
    message: t.string({ description: 'The same in words.', authScopes: rule, resolve: (warning) => warning.message }),
    ways: t.field({
      type: [AccessProfileWarningWay],
      description: 'Of `COMPUTABLE`: how, the best first; none that takes more flags than another and is no better.',
      authScopes: rule,
      resolve: (warning) => [...warning.ways],
    }),
  }),
})

builder.objectField(CustomerPortalAccessProfile, 'warnings', (t) =>
  t.field({
    type: [AccessProfileWarning],
    description:
      'What is denied and can be computed from what is granted, and what is granted and cannot work; empty where there is nothing to say.',
    authScopes: rule,
    resolve: (row: TextRow, _args, _context, info) => [
      ...profileWarnings(
        mapPermissions((_, { column }) => row.text(column) === 't'),
        info.schema,
      ),
    ],
  }),
)
