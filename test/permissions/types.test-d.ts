// Checked by tsc alone: each line that must not compile says so, and an error that is missing is an error.
import type { AccessProfile } from '../../src/permissions/access-profile.ts'
import type { Capability } from '../../src/permissions/capabilities.ts'
import type { Permission, PermissionName, PermissionRow } from '../../src/permissions/permissions.ts'
import type { Rule, RuleMap } from '../../src/permissions/rule.ts'
import type { Scope, Scopes } from '../../src/permissions/scopes.ts'
import { builder } from '../../src/schema/builder.ts'

/** True only when both are the same type; `any` is the same as nothing else. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

function holds<_Fact extends true>(): void {}

// A flag is one of the catalogue's, not any text.
holds<Same<Permission extends string ? true : false, true>>()
holds<Same<string extends Permission ? true : false, false>>()
holds<Same<keyof AccessProfile, Permission>>()
holds<Same<AccessProfile[Permission], boolean>>()
holds<Same<Scope, Permission | Capability | 'public' | 'authenticated' | 'admin'>>()
holds<Same<keyof Scopes, Scope>>()
export const flag: Permission = 'outgoingCdrs'
// @ts-expect-error a flag that is misspelt
export const misspelt: Permission = 'outgoingCdr'
export const named: PermissionName = 'OUTGOING_CDRS'
// @ts-expect-error a name that is no column in capitals
export const misnamed: PermissionName = 'outgoingCdrs'

// A row of the catalogue is whole.
const row = { column: 'x', section: 'general', title: 'X', description: 'X.', default: true } as const
export const whole: PermissionRow = row
// @ts-expect-error a row without its default
export const withoutDefault: PermissionRow = { column: 'x', section: 'general', title: 'X', description: 'X.' }
// @ts-expect-error a row without its column
export const withoutColumn: PermissionRow = { section: 'general', title: 'X', description: 'X.', default: true }
// @ts-expect-error a section that the document does not have
export const elsewhere: PermissionRow = { ...row, section: 'elsewhere' }
// @ts-expect-error a default that is not yes or no
export const unsure: PermissionRow = { ...row, default: 'yes' }

// A rule names scopes with `true`.
export const rule: RuleMap = { outgoingCdrs: true, allowListenRecording: true }
// @ts-expect-error false would mean the same as true
export const refusing: RuleMap = { outgoingCdrs: false }
// @ts-expect-error a value that may be false
export const depending: RuleMap = { outgoingCdrs: Math.random() > 0.5 }
// @ts-expect-error undefined, which scope-auth would take for a scope
export const nothing: RuleMap = { outgoingCdrs: undefined }
// @ts-expect-error a scope that there is none of
export const unknown: RuleMap = { outgoingCdr: true }
// @ts-expect-error a rule that names nothing
export const empty: Rule = []

// So does the rule of a field, and that of an argument, which must have one.
builder.queryFields((t) => ({
  ruled: t.string({ authScopes: { outgoingCdrs: true }, resolve: () => '' }),
  // @ts-expect-error a flag that is misspelt
  misspelt: t.string({ authScopes: { outgoingCdr: true }, resolve: () => '' }),
  // @ts-expect-error false would mean the same as true
  refused: t.string({ authScopes: { outgoingCdrs: false }, resolve: () => '' }),
  argued: t.string({
    authScopes: { outgoingCdrs: true },
    args: {
      ruled: t.arg.string({ authScopes: { outgoingCdrs: true } }),
      // @ts-expect-error an argument without a rule
      unruled: t.arg.string(),
      // @ts-expect-error false would mean the same as true
      refused: t.arg.string({ authScopes: { outgoingCdrs: false } }),
    },
    resolve: () => '',
  }),
}))
