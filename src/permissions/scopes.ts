import { nothingAllowed, type AccessProfile } from './access-profile.ts'
import { mapPermissions, type Permission } from './permissions.ts'

/** What a rule may ask for: a flag of the profile, or who somebody is. */
export type Scope = Permission | 'public' | 'authenticated' | 'admin'

/** Yes or no for every scope; computed once per request, read by every rule. */
export type Scopes = Readonly<Record<Scope, boolean>>

function scopes(who: { authenticated: boolean; admin: boolean }, profile: AccessProfile): Scopes {
  // No prototype: a scope called `constructor` must not be found on Object.
  const values: Record<Scope, boolean> = Object.assign(Object.create(null), {
    ...mapPermissions((permission) => profile[permission] === true),
    public: true,
    ...who,
  })
  return Object.freeze(values)
}

export const anonymousScopes = scopes({ authenticated: false, admin: false }, nothingAllowed)

/** An administrator has no portal profile: every flag is off. */
export const adminScopes = scopes({ authenticated: true, admin: true }, nothingAllowed)

export function customerScopes(profile: AccessProfile): Scopes {
  return scopes({ authenticated: true, admin: false }, profile)
}
