import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Answer, Gateway } from '../../support/gateway.ts'

/** Yeti's flags with their defaults, from its own description of the table. */
export const yetiFlags: Readonly<Record<string, boolean>> = Object.fromEntries(
  readFileSync(new URL('../../fixtures/yeti-columns.tsv', import.meta.url), 'utf8')
    .split('\n')
    .map((line) => line.split('\t'))
    .filter((cells) => cells[2] === 'customer_portal_access_profiles' && cells[5] === 'boolean')
    .map((cells) => [cells[4] ?? '', cells[7] === 'true']),
)

/** `outgoing_cdrs` → `outgoingCdrs`. */
export const camelCase = (column: string): string =>
  column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

export const flagNames = Object.keys(yetiFlags).map(camelCase)

/** All that a profile has. */
export const everything = `id profileId name version loginCount createdAt updatedAt ${flagNames.join(' ')}`

export const globalId = (id: number | string): string =>
  Buffer.from(`CustomerPortalAccessProfile:${id}`).toString('base64')

type Values = Readonly<Record<string, unknown>>

/** The operations on profiles as one administrator asks for them, at one gateway. */
export function asking(gateway: Pick<Gateway, 'ask'>, token: string | undefined, fields = everything) {
  const ask = (query: string, variables: Values) => gateway.ask(query, { ...(token && { token }), variables })
  return {
    read: (id: string) => ask(`query ($id: ID!) { accessProfile(id: $id) { ${fields} } }`, { id }),
    create: (input: Values) =>
      ask(`mutation ($input: CreateAccessProfileInput!) { createAccessProfile(input: $input) { ${fields} } }`, {
        input,
      }),
    update: (id: string, version: string, input: Values) =>
      ask(
        `mutation ($id: ID!, $version: String!, $input: UpdateAccessProfileInput!) { updateAccessProfile(id: $id, version: $version, input: $input) { ${fields} } }`,
        { id, version, input },
      ),
    clone: (id: string, name: string, input?: Values) =>
      ask(
        `mutation ($id: ID!, $name: String!, $input: CloneAccessProfileInput) { cloneAccessProfile(id: $id, name: $name, input: $input) { ${fields} } }`,
        { id, name, input },
      ),
    remove: (id: string, version: string) =>
      ask('mutation ($id: ID!, $version: String!) { deleteAccessProfile(id: $id, version: $version) }', {
        id,
        version,
      }),
    export: (ids?: readonly string[]) => ask('query ($ids: [ID!]) { exportAccessProfiles(ids: $ids) }', { ids }),
    import: (input: Values) =>
      ask(
        `mutation ($input: ImportAccessProfilesInput!) { importAccessProfiles(input: $input) {
           dryRun version profiles { name action changes { permission before after } accessProfile { profileId } } } }`,
        { input },
      ),
  }
}

/** The rows of profiles as Yeti has them, in every column. */
export async function profileRows({ primary }: Gateway): Promise<Record<string, unknown>[]> {
  const { rows } = await primary.query('SELECT * FROM sys.customer_portal_access_profiles ORDER BY id')
  return rows
}

/** What the audit log has of a change, as far as tests look into it by name. */
export interface AuditRow extends Readonly<Record<string, unknown>> {
  readonly action: string
  readonly subject_id: number
  readonly after: object | null
  readonly changed: readonly string[]
}

export async function auditEntries({ primary }: Gateway): Promise<AuditRow[]> {
  const { rows } = await primary.query<AuditRow>('SELECT * FROM portal.audit_log ORDER BY id')
  return rows
}

/** Asserts that an answer is one error, and that no profile and no entry of the audit log is another than before. */
export async function refused(
  gateway: Gateway,
  work: () => Promise<Answer>,
  expected: Values & { readonly code: string },
): Promise<Answer> {
  const before = [await profileRows(gateway), await auditEntries(gateway)]
  const answer = await work()
  expect(answer.errors).toHaveLength(1)
  expect(answer.errors?.[0]?.extensions).toMatchObject(expected)
  for (const value of Object.values(answer.data ?? {})) expect(value).toBeNull()
  expect([await profileRows(gateway), await auditEntries(gateway)]).toEqual(before)
  return answer
}

/** The same for tests that need nothing more of the answer. */
export async function mustRefuse(...args: Parameters<typeof refused>): Promise<void> {
  await refused(...args)
}

/** Waits until so many statements wait for a lock on this gateway's database. */
export async function untilWaiting({ primary }: Gateway, count = 1): Promise<void> {
  for (;;) {
    const { rows } = await primary.query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    if ((rows[0]?.waiting ?? 0) >= count) return
    await sleep(20)
  }
}

/** A file of roles like Yeti's: what each may do with access profiles. */
export async function roleFile(roles: Readonly<Record<string, readonly string[]>>) {
  const directory = await mkdtemp(join(tmpdir(), 'roles-'))
  const path = join(directory, 'policy_roles.yml')
  const lines = Object.entries(roles).map(([role, actions]) => {
    const rights = ['read', 'change', 'remove'].map((action) => `    ${action}: ${actions.includes(action)}`)
    return `${role}:\n  System/CustomerPortalAccessProfile:\n${rights.join('\n')}`
  })
  await writeFile(path, lines.join('\n'))
  return { path, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) }
}
