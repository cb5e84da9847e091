import { BadUserInputError } from '../../errors.ts'
import type { AccessProfile } from '../../permissions/access-profile.ts'
import { customerScopes } from '../../permissions/scopes.ts'
import { builder } from '../builder.ts'
import type { Context } from '../context.ts'
import { plain } from '../resource/plain.ts'
import { askedLoginsProfile, askedProfile } from './asked-profile.ts'
import { maxPlaces, type ExpectedError, type ExplainedPlace, type Explanation } from './foresight.ts'

const rule = { readAccessProfiles: true } as const
const loginRule = { readAccessProfiles: true, readPortalLogins: true } as const

/** So that some can be asked for at once, and not hundreds. */
const explanationCost = 10_000

const ExplainedPlaceKind = builder.enumType('ExplainedPlaceKind', {
  description: 'What of the schema an operation uses at a place.',
  values: {
    FIELD: { description: 'A field; its own keys such as `__typename` have no rule, and are left out.' },
    ARGUMENT: { description: 'An argument of a field.' },
    INPUT_FIELD: { description: 'A field of an input object.' },
    TYPE: { description: 'The type of an object that is asked for by its id.' },
  },
} as const)

const AccessOutcome = builder.enumType('AccessOutcome', {
  description: 'What becomes of a place.',
  values: {
    ALLOWED: { description: 'It is read, or used.' },
    DENIED: { description: 'The field is null: for its own rule, or for that of something that it is called with.' },
    NOT_REACHED: {
      description:
        'Nobody asks for it: what it belongs to is denied, whatever its own rule says; or no id is of its type.',
    },
  },
} as const)

const ExplainedAccess = builder.objectRef<ExplainedPlace>('ExplainedAccess').implement({
  description: 'Something that an operation uses, and what was decided about it.',
  fields: (t) => ({
    kind: t.field({
      type: ExplainedPlaceKind,
      description: 'What it is.',
      authScopes: rule,
      ...plain(({ kind }: ExplainedPlace) => kind),
    }),
    path: t.stringList({
      description: 'The keys of the answer from the root down to the field; lists add nothing.',
      authScopes: rule,
      ...plain(({ path }: ExplainedPlace) => path),
    }),
    input: t.string({
      description: 'For arguments and input fields, as the operation has it: `where.timeStart.gte`.',
      authScopes: rule,
      ...plain(({ input }: ExplainedPlace) => input),
    }),
    coordinate: t.string({
      description: '`Type.field`, `Type.field(argument:)`, `Input.field` or `Type`.',
      authScopes: rule,
      ...plain(({ coordinate }: ExplainedPlace) => coordinate),
    }),
    needs: t.stringList({
      description: 'The permissions that its own rule needs, all of them; none where having signed in is enough.',
      authScopes: rule,
      ...plain(({ needs }: ExplainedPlace) => needs),
    }),
    missing: t.stringList({
      description: 'Those of them that the profile does not have, also where it is not reached anyway.',
      authScopes: rule,
      ...plain(({ missing }: ExplainedPlace) => missing),
    }),
    outcome: t.field({
      type: AccessOutcome,
      description: 'What becomes of it.',
      authScopes: rule,
      ...plain(({ outcome }: ExplainedPlace) => outcome),
    }),
    deniedBy: t.string({
      description: 'Whose rule denies it, or what it belongs to: the `coordinate` of the error.',
      authScopes: rule,
      ...plain(({ cause }: ExplainedPlace) => cause?.coordinate ?? null),
    }),
    permission: t.string({
      description: 'The permission that the error names.',
      authScopes: rule,
      ...plain(({ cause }: ExplainedPlace) => cause?.permission ?? null),
    }),
  }),
})

/** What an error says beside its message, where it is a text. */
function said(name: string) {
  return plain(({ extensions }: ExpectedError) => {
    const value = extensions?.[name]
    return typeof value === 'string' ? value : null
  })
}

const ExpectedErrorType = builder.objectRef<ExpectedError>('ExpectedError').implement({
  description: 'An error that a request would be answered with.',
  fields: (t) => ({
    message: t.string({
      description: 'Its text.',
      authScopes: rule,
      ...plain(({ message }: ExpectedError) => message),
    }),
    path: t.field({
      type: 'JSON',
      description:
        'Its path: down to the field, or to the first list on the way. In an answer it ends earlier where something on the way is null.',
      authScopes: rule,
      resolve: ({ path }) => path ?? null,
    }),
    code: t.string({ description: '`extensions.code`', authScopes: rule, ...said('code') }),
    permission: t.string({ description: 'The permission that is missing.', authScopes: rule, ...said('permission') }),
    coordinate: t.string({ description: 'What needs it.', authScopes: rule, ...said('coordinate') }),
    argument: t.string({
      description: 'The argument or variable that is wrong.',
      authScopes: rule,
      ...said('argument'),
    }),
    extensions: t.field({
      type: 'JSON',
      description: 'All that it carries, as the answer has it.',
      authScopes: rule,
      resolve: ({ extensions }) => extensions ?? null,
    }),
  }),
})

const AccessExplanation = builder.objectRef<Explanation>('AccessExplanation').implement({
  description: 'What a request would be answered with, as far as it is decided before anything runs.',
  fields: (t) => ({
    accepted: t.boolean({
      description:
        'Whether it would run at all. If not, `errors` say why (it does not parse or validate, a variable is wrong, it asks for too much), and there are no `places`.',
      authScopes: rule,
      ...plain(({ accepted }: Explanation) => accepted),
    }),
    errors: t.field({
      type: [ExpectedErrorType],
      description:
        'The errors of the answer, in its order; a client that sends `x-denied: reject` gets them alone. What only data or the values of arguments can cause is not among them.',
      authScopes: rule,
      resolve: ({ errors }) => [...errors],
    }),
    places: t.field({
      type: [ExplainedAccess],
      description: `Everything that the operation uses under this profile and these variables, in the order of the document; what \`@skip\` and \`@include\` leave out is not there. At most ${maxPlaces}.`,
      authScopes: rule,
      extensions: { rows: { args: [], count: () => maxPlaces } },
      resolve: ({ places }) => [...places],
    }),
    complete: t.boolean({
      description: '`false`: there are more places than these.',
      authScopes: rule,
      ...plain(({ complete }: Explanation) => complete),
    }),
  }),
})

builder.queryField('explainAccess', (t) =>
  t.field({
    type: AccessExplanation,
    description:
      'What a request of a login would be answered with: for everything that it uses whether it is allowed, and by which permission it is denied. It goes the way of every request up to where it would run; nothing of it does.',
    authScopes: rule,
    extensions: { cost: explanationCost },
    args: {
      profileId: t.arg.id({ description: 'Whoever has this profile, by its `id`.', authScopes: rule }),
      loginId: t.arg.id({ description: 'In its place: this login, by its `id`.', authScopes: loginRule }),
      query: t.arg.string({ required: true, description: 'As in a request.', authScopes: rule }),
      variables: t.arg({ type: 'JSON', description: 'As in a request: an object.', authScopes: rule }),
      operationName: t.arg.string({ description: 'As in a request.', authScopes: rule }),
    },
    resolve: async (_root, { profileId, loginId, query, variables, operationName }, context) => {
      const profile = await askedFor(context, { profileId, loginId })
      return context.foresight.explain(customerScopes(profile), { query, variables, operationName })
    },
  }),
)

function askedFor(
  context: Context,
  {
    profileId,
    loginId,
  }: { readonly profileId?: string | null | undefined; readonly loginId?: string | null | undefined },
): Promise<AccessProfile> {
  if (typeof profileId === 'string' && typeof loginId === 'string')
    throw new BadUserInputError('loginId', 'leave it out where `profileId` is given.')
  if (typeof profileId === 'string') return askedProfile(context, profileId, 'profileId')
  if (typeof loginId === 'string') return askedLoginsProfile(context, loginId, 'loginId')
  throw new BadUserInputError('profileId', 'say whose request: by `profileId` or `loginId`.')
}
