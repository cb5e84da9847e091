import { nothingAllowed, type AccessProfile } from './access-profile.ts'
import { capabilityKeys, type Capability } from './capabilities.ts'
import { mapPermissions, type Permission } from './permissions.ts'

/** What a rule may ask for: a flag of the profile, who somebody is, or what an administrator's roles allow. */
export type Scope = Permission | Capability | 'public' | 'authenticated' | 'admin'

/** Yes or no for every scope; computed once per request, read by every rule. */
export type Scopes = Readonly<Record<Scope, boolean>>

interface Who {
  readonly authenticated: boolean
  /** null: no administrator. */
  readonly administrator: ReadonlySet<Capability> | null
}

function scopes({ authenticated, administrator }: Who, profile: AccessProfile): Scopes {
  // No prototype: a scope called `constructor` must not be found on Object.
  const values: Record<Scope, boolean> = Object.assign(Object.create(null), {
    ...mapPermissions((permission) => profile[permission] === true),
    ...Object.fromEntries(capabilityKeys.map((key) => [key, administrator?.has(key) ?? false])),
    public: true,
    authenticated,
    admin: administrator !== null,
  })
  return Object.freeze(values)
}

export const anonymousScopes = scopes({ authenticated: false, administrator: null }, nothingAllowed)

/** An administrator has no portal profile: every flag is off. */
export function adminScopes(administrator: ReadonlySet<Capability>): Scopes {
  return scopes({ authenticated: true, administrator }, nothingAllowed)
}

export function customerScopes(profile: AccessProfile): Scopes {
  return scopes({ authenticated: true, administrator: null }, profile)
}
