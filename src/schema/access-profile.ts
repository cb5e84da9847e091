import { permissionKeys, permissionName, permissions, type PermissionName } from '../permissions/permissions.ts'
import type { CustomerViewer } from '../identity/viewer.ts'
import { builder } from './builder.ts'
import { plain } from './resource/plain.ts'

type ProfileShape = CustomerViewer['accessProfile']

export const Permission = builder.enumType('Permission', {
  description: 'The flags of the access profile.',
  values: Object.fromEntries(
    permissionKeys.map((key) => [permissionName(key), { description: permissions[key].description }]),
  ) as Record<PermissionName, { description: string }>, // fromEntries widens the keys; they are the catalogue's
})

/** What the login may see. Reachable through its own viewer only, so it needs nothing more. */
export const AccessProfile = builder.objectRef<ProfileShape>('AccessProfile').implement({
  description: 'The access profile of a login: what it may see of the portal.',
  fields: (t) => ({
    name: t.exposeString('name', { nullable: false, authScopes: { public: true } }),
  }),
})

for (const key of permissionKeys) {
  builder.objectField(AccessProfile, key, (t) =>
    t.boolean({
      nullable: false,
      description: permissions[key].description,
      authScopes: { public: true },
      ...plain(({ flags }: ProfileShape) => flags[key]),
    }),
  )
}
