import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import { capabilities, capabilityKeys, type Capability } from '../permissions/capabilities.ts'
import { adminScopes, type Scopes } from '../permissions/scopes.ts'

/** What an administrator with these roles may do. */
export type RolePolicy = (roles: readonly string[]) => Scopes

/** Yeti's role that may do everything. */
const root = 'root'

/** Section that holds for those which a role does not name. */
const otherSections = 'Default'

const policyFile = z.record(z.string(), z.record(z.string(), z.record(z.string(), z.boolean()).nullable()).nullable())

type PolicyFile = z.infer<typeof policyFile>

/**
 * The policy of Yeti's own `policy_roles.yml`: role → section → action. Without the file nobody but `root` may do
 * anything. Throws an error that names the setting where the file cannot be read.
 */
export async function loadRolePolicy(path: string | null): Promise<RolePolicy> {
  return rolePolicy(path === null ? {} : await readPolicy(path))
}

async function readPolicy(path: string): Promise<PolicyFile> {
  try {
    // As Ruby reads it for Yeti: `yes` is true there, and one role can be merged into another.
    return policyFile.parse(parse(await readFile(path, 'utf8'), { version: '1.1' }))
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error)
    throw new Error(`ADMIN_POLICY_FILE: ${path} is not a file of roles like Yeti's policy_roles.yml: ${reason}`)
  }
}

function rolePolicy(file: PolicyFile): RolePolicy {
  const known = new Map<string, Scopes>()
  return (roles) => {
    const key = JSON.stringify(roles)
    let scopes = known.get(key)
    if (!scopes) {
      scopes = adminScopes(new Set(capabilityKeys.filter((each) => roles.some((role) => allows(file, role, each)))))
      known.set(key, scopes)
    }
    return scopes
  }
}

function allows(file: PolicyFile, role: string, capability: Capability): boolean {
  if (role === root) return true
  // Names come from a file and from a table: neither may reach into Object.
  const sections = new Map(Object.entries(file)).get(role)
  if (!sections) return false
  const { section, action } = capabilities[capability]
  const rows = new Map(Object.entries(sections))
  const row = rows.has(section) ? rows.get(section) : rows.get(otherSections)
  return row?.[action] === true
}
