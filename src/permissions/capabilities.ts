import { keysOf } from './keys.ts'

/** What an administrator's roles may be allowed to do, in the terms of Yeti's `policy_roles.yml`. */
export interface CapabilityRow {
  /** Section of the role, by Yeti's name. */
  readonly section: string
  /** What is asked of that section. */
  readonly action: 'read' | 'change' | 'remove'
  readonly description: string
}

/** The catalogue of what administrators do here. Adding a row adds the scope, the enum value and the policy everywhere. */
const rows = {
  readAccessProfiles: {
    section: 'System/CustomerPortalAccessProfile',
    action: 'read',
    description: 'See access profiles, and foresee what a change of one would do.',
  },
  changeAccessProfiles: {
    section: 'System/CustomerPortalAccessProfile',
    action: 'change',
    description: 'Create, change, clone and import access profiles.',
  },
  removeAccessProfiles: {
    section: 'System/CustomerPortalAccessProfile',
    action: 'remove',
    description: 'Delete access profiles.',
  },
  readPortalLogins: {
    section: 'System/ApiAccess',
    action: 'read',
    description: 'See portal logins, and what they can be given.',
  },
  changePortalLogins: {
    section: 'System/ApiAccess',
    action: 'change',
    description: 'Create and change portal logins, set their passwords, sign them out.',
  },
  removePortalLogins: { section: 'System/ApiAccess', action: 'remove', description: 'Delete portal logins.' },
  actAsCustomer: {
    section: 'System/CustomerToken',
    action: 'change',
    description: 'Look at the portal as one of its logins.',
  },
  readAuditLog: {
    section: 'AuditLogItem',
    action: 'read',
    description: 'Read who changed what, and which requests were denied.',
  },
} as const satisfies Record<string, CapabilityRow>

export type Capability = keyof typeof rows

export const capabilities: Readonly<Record<Capability, CapabilityRow>> = rows

export const capabilityKeys: readonly Capability[] = keysOf(rows)

const known: ReadonlySet<string> = new Set(capabilityKeys)

export function isCapability(scope: string): scope is Capability {
  return known.has(scope)
}

/** `readAuditLog` → `READ_AUDIT_LOG`, the name that GraphQL shows. */
export function capabilityName(capability: Capability): string {
  return capability.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}
