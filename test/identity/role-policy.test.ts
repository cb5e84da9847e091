import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadRolePolicy } from '../../src/identity/role-policy.ts'
import type { Scopes } from '../../src/permissions/scopes.ts'

// Yeti's own file, `config/policy_roles.yml`: role → section → action.

let directory: string
let count = 0
beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), 'policy-'))))
afterAll(() => rm(directory, { recursive: true, force: true }))

async function file(text: string): Promise<string> {
  const path = join(directory, `roles ${++count}.yml`)
  await writeFile(path, text)
  return path
}

const all = [
  'readAccessProfiles', 'changeAccessProfiles', 'removeAccessProfiles', 'readPortalLogins', 'changePortalLogins',
  'removePortalLogins', 'actAsCustomer', 'readAuditLog',
] as const // prettier-ignore

function heldIn(scopes: Scopes): string[] {
  return all.filter((name) => scopes[name])
}

async function held(text: string, ...roles: readonly string[]): Promise<string[]> {
  return heldIn((await loadRolePolicy(await file(text)))(roles))
}

/** As an installation has it, with sections that mean nothing here. */
const ofYeti = `
operator: &operator
  Default:
    read: true
    change: false
    remove: false
    perform: false
  System/CustomerPortalAccessProfile:
    read: true
    change: true
    remove: false
  System/CustomerToken:
    read: false
    change: false
  RealtimeData/ActiveCall:
    perform: true
support:
  System/ApiAccess:
    read: true
    change: yes
    remove: No
  System/CustomerToken: { change: true }
auditor:
  AuditLogItem:
    read: on
manager:
  <<: *operator
  System/ApiAccess:
    remove: true
idle:
nothing:
  Default:
`

describe('A file of roles', () => {
  test.each<[role: string, may: readonly string[]]>([
    ['operator', ['readAccessProfiles', 'changeAccessProfiles', 'readPortalLogins', 'readAuditLog']],
    ['support', ['readPortalLogins', 'changePortalLogins', 'actAsCustomer']],
    ['auditor', ['readAuditLog']],
    // What is merged in is replaced by the section, not by the action.
    ['manager', ['readAccessProfiles', 'changeAccessProfiles', 'removePortalLogins', 'readAuditLog']],
    ['idle', []],
    ['nothing', []],
  ])('MUST give %s what its sections say, and of those that it does not name what its Default says', async (role, may) => {
    expect(await held(ofYeti, role)).toEqual(may)
  }) // prettier-ignore

  test('MUST add up several roles', async () => {
    expect(await held(ofYeti, 'support', 'auditor')).toEqual(['readPortalLogins', 'changePortalLogins', 'actAsCustomer', 'readAuditLog']) // prettier-ignore
    expect(await held(ofYeti, 'auditor', 'idle')).toEqual(['readAuditLog'])
    expect(await held(ofYeti, 'idle', 'root')).toEqual([...all])
  })

  test('MUST give root everything, whatever it says of it, and whoever it does not name nothing', async () => {
    expect(await held(ofYeti, 'root')).toEqual([...all])
    expect(await held('root:\n  Default: { read: false }\n', 'root')).toEqual([...all])
    for (const role of ['unknown', 'Operator', 'operator ', ' root', 'Root', 'ROOT', 'Default', '']) {
      expect([role, await held(ofYeti, role)]).toEqual([role, []])
    }
    expect(await held(ofYeti)).toEqual([])
  })

  test('MUST take nothing that its own Default does not say from another role’s', async () => {
    const text = 'one:\n  Default: { read: true }\ntwo:\n  AuditLogItem: { change: true }\nDefault:\n  AuditLogItem: { read: true }\n'
    expect(await held(text, 'two')).toEqual([])
    expect(await held(text, 'one')).toEqual(['readAccessProfiles', 'readPortalLogins', 'readAuditLog'])
  }) // prettier-ignore

  test('MUST let a section that it names be silent: its Default does not speak for it', async () => {
    const text = 'quiet:\n  Default: { read: true, change: true }\n  System/ApiAccess:\n  AuditLogItem: {}\n'
    expect(await held(text, 'quiet')).toEqual(['readAccessProfiles', 'changeAccessProfiles', 'actAsCustomer'])
  })

  test.each([
    '__proto__:\n  Default: { read: true }\n',
    'some:\n  __proto__: { read: true }\n',
    'some:\n  Default:\n    __proto__: true\n',
    'constructor:\n  prototype: { read: true }\n',
    'some:\n  constructor: { read: true }\n  toString: { read: true }\n',
  ])('MUST NOT be a way into the prototypes of objects: %j', async (text) => {
    const policy = await loadRolePolicy(await file(text))
    for (const role of ['some', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype']) {
      expect([role, heldIn(policy([role]))]).toEqual([role, []])
    }
    expect(Reflect.get({}, 'read')).toBeUndefined()
  })

  test('MUST be missing without harm: root alone may do anything then', async () => {
    const policy = await loadRolePolicy(null)
    expect(heldIn(policy(['root']))).toEqual([...all])
    for (const role of ['operator', 'admin', 'user', '']) expect(heldIn(policy([role]))).toEqual([])
  })
})

/** Each names the setting and the file; none is the stack of an error. */
const wrong: readonly (readonly [why: string, text: string, says: RegExp])[] = [
  ['a list', '- operator\n', /expected record/],
  ['one text', 'operator\n', /expected record/],
  ['nothing at all', '', /expected record/],
  ['a role that is a list', 'operator: [read]\n', /operator/],
  ['a section that is a word', 'operator:\n  AuditLogItem: true\n', /AuditLogItem/],
  ['a text for a yes', 'operator:\n  AuditLogItem:\n    read: "true"\n', /AuditLogItem/],
  ['a text that says no', "operator:\n  AuditLogItem:\n    read: 'false'\n", /AuditLogItem/],
  ['a number for a yes', 'operator:\n  AuditLogItem:\n    read: 1\n', /AuditLogItem/],
  ['a list for a yes', 'operator:\n  AuditLogItem:\n    read: [true]\n', /AuditLogItem/],
  ['nothing for a yes', 'operator:\n  AuditLogItem:\n    read:\n', /AuditLogItem/],
  ['no YAML', 'operator: { AuditLogItem: \n', /line \d/],
  ['the same section twice', 'operator:\n  AuditLogItem: { read: true }\n  AuditLogItem: { read: false }\n', /unique/],
  ['an alias of nothing', 'operator: *nobody\n', /nobody/],
]

describe('A file that is no file of roles', () => {
  test.each(wrong)('MUST end the start in words: %s', async (_, text, says) => {
    const path = await file(text)
    const error: unknown = await loadRolePolicy(path).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Error)
    const { message } = error as Error // as was just looked at
    expect(message).toMatch(/^ADMIN_POLICY_FILE: /)
    expect(message).toContain(path)
    expect(message).toMatch(says)
    expect(message).not.toMatch(/^\s+at /m)
  })

  test.each(['missing.yml', '.'])('MUST end the start in words where it cannot be read: %s', async (name) => {
    const reading = loadRolePolicy(join(directory, name))
    await expect(reading).rejects.toThrow(/^ADMIN_POLICY_FILE: .*(?:ENOENT|EISDIR)/)
  })

  test('MUST make nothing of the tags of another language', async () => {
    expect(await held('operator: !ruby/object:Kernel\n  Default: { read: true }\n', 'other')).toEqual([])
  })

  test('MUST be all that the gateway says before it exits', async () => {
    const { PATH = '', HOME = '' } = process.env
    const child = spawn(process.execPath, ['scripts/start.js'], {
      env: { PATH, HOME, PORT: '0', DATA_DIR: join(directory, 'data'), ADMIN_POLICY_FILE: join(directory, 'none.yml') },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    const [code] = await once(child, 'close')
    expect(code).toBe(1)
    expect(said.trim().split('\n')).toHaveLength(1)
    expect(said).toMatch(/^ADMIN_POLICY_FILE: .*none\.yml/)
  })
})
