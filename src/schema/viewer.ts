import { capabilities, capabilityKeys, capabilityName } from '../permissions/capabilities.ts'
import { permissionKeys, permissionName } from '../permissions/permissions.ts'
import type { AdminViewer, CustomerViewer } from '../identity/viewer.ts'
import { UnauthenticatedError } from '../errors.ts'
import { accountIdsOf } from './account.ts'
import { AccessProfile, Permission } from './access-profile.ts'
import { builder } from './builder.ts'
import { forAdministrators } from './rules/audience.ts'

export type SignedInViewer = CustomerViewer | AdminViewer

const ViewerKind = builder.enumType('ViewerKind', {
  values: { CUSTOMER: { value: 'customer' }, ADMIN: { value: 'admin', extensions: forAdministrators } } as const,
})

const AdminCapability = builder.enumType('AdminCapability', {
  description: "What an administrator's roles may allow.",
  values: Object.fromEntries(
    capabilityKeys.map((key) => [capabilityName(key), { description: capabilities[key].description }]),
  ),
})

const Customer = builder.objectRef<CustomerViewer['customer']>('Customer').implement({
  description: 'The customer that a login belongs to.',
  fields: (t) => ({ name: t.exposeString('name', { nullable: false, authScopes: { public: true } }) }),
})

// A viewer exists only for somebody who has signed in, and shows nobody but themselves; so its fields need no
// more, which lets `signIn` answer with the viewer it has just made.
const own = { public: true } as const

export const Viewer = builder.objectRef<SignedInViewer>('Viewer').implement({
  description: 'Who asks.',
  fields: (t) => ({
    kind: t.field({ type: ViewerKind, nullable: false, authScopes: own, resolve: (viewer) => viewer.kind }),
    login: t.string({
      nullable: false,
      description: 'The name to sign in with.',
      authScopes: own,
      resolve: (viewer) => (viewer.kind === 'customer' ? viewer.login : viewer.username),
    }),
    customer: t.field({
      type: Customer,
      description: 'Whose portal it is.',
      authScopes: own,
      resolve: (viewer) => (viewer.kind === 'customer' ? viewer.customer : null),
    }),
    accessProfile: t.field({
      type: AccessProfile,
      description: 'What the login may see.',
      authScopes: own,
      resolve: (viewer) => (viewer.kind === 'customer' ? viewer.accessProfile : null),
    }),
    accountIds: t.idList({
      description: 'The accounts that this login may ask about, by their `id`.',
      nullable: false,
      authScopes: own,
      resolve: (viewer, _args, { databases }) =>
        viewer.kind === 'customer' ? accountIdsOf(databases, viewer.tenant) : [],
    }),
    permissions: t.field({
      type: [Permission],
      nullable: false,
      description: 'The flags that are on, so that a front end need not know the rules.',
      authScopes: own,
      resolve: ({ scopes }) => permissionKeys.filter((key) => scopes[key]).map(permissionName),
    }),
    capabilities: t.field({
      type: [AdminCapability],
      nullable: false,
      description: "What an administrator's roles allow; nothing for a customer.",
      authScopes: own,
      extensions: forAdministrators,
      resolve: ({ scopes }) => capabilityKeys.filter((key) => scopes[key]).map(capabilityName),
    }),
    actingAdministrator: t.string({
      description: 'The administrator who looks at the portal as this login, read-only; nobody otherwise.',
      authScopes: own,
      extensions: forAdministrators,
      resolve: (viewer) => (viewer.kind === 'customer' ? (viewer.actor?.username ?? null) : null),
    }),
  }),
})

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    description: 'Who asks: the login, its customer and what its profile allows.',
    authScopes: { authenticated: true },
    resolve: (_root, _args, { viewer }) => {
      if (viewer.kind === 'anonymous') throw new UnauthenticatedError()
      return viewer
    },
  }),
)
