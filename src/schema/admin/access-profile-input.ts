import type { ProfileContent } from '../../backends/access-profiles.ts'
import { BadUserInputError } from '../../errors.ts'
import type { RuleMap } from '../../permissions/rule.ts'
import { mapPermissions, permissionKeys, permissions, type Permission } from '../../permissions/permissions.ts'
import { builder } from '../builder.ts'
import { decodeGlobalId } from '../resource/global-id.ts'
import { isKey } from '../resource/list-query.ts'
import type { GivenContent } from './access-profile-content.ts'
import { accessProfiles } from './access-profiles.ts'

/**
 * Whoever changes profiles sees them: an update needs the version that was read, a conflict shows what is there, and
 * what comes back is a profile.
 */
export const changeRule = { readAccessProfiles: true, changeAccessProfiles: true } as const satisfies RuleMap
/** What is said of a change, which whoever sees profiles may foresee; making it takes the rule of the mutation. */
const foreseeRule = { readAccessProfiles: true } as const satisfies RuleMap
export const removeRule = { readAccessProfiles: true, removeAccessProfiles: true } as const satisfies RuleMap

const nameDescription = 'Unique in the whole system; at most 255 characters, without blanks at its ends.'

export const CreateAccessProfileInput = builder.inputType('CreateAccessProfileInput', {
  description: "A flag that is left out is as Yeti's own default has it.",
  fields: (t) => ({
    name: t.string({ required: true, description: nameDescription, authScopes: changeRule }),
    ...mapPermissions((_, { description }) => t.boolean({ description, authScopes: changeRule })),
  }),
})

export const UpdateAccessProfileInput = builder.inputType('UpdateAccessProfileInput', {
  description: 'What is left out stays as it is.',
  fields: (t) => ({
    name: t.string({ description: nameDescription, authScopes: foreseeRule }),
    ...mapPermissions((_, { description }) => t.boolean({ description, authScopes: foreseeRule })),
  }),
})

export const CloneAccessProfileInput = builder.inputType('CloneAccessProfileInput', {
  description: 'The flags that are to be others than those of the original.',
  fields: (t) => mapPermissions((_, { description }) => t.boolean({ description, authScopes: changeRule })),
})

type Flags = { readonly [P in Permission]?: boolean | null | undefined }

/** Reads an input. Throws `BadUserInputError` for what no profile can have. */
export function contentOf(input: Flags & { readonly name?: string | null | undefined }): GivenContent {
  const flags = flagsOf(input)
  if (input.name === undefined) return { flags }
  if (input.name === null) throw new BadUserInputError('input.name', 'null is no name; leave it out.')
  return { name: checkedName(input.name, 'input.name'), flags }
}

export function flagsOf(input: Flags): ProfileContent['flags'] {
  const given = permissionKeys.flatMap((key) => {
    const value = input[key]
    if (value === null) throw new BadUserInputError(`input.${key}`, 'null is neither on nor off; leave it out.')
    return value === undefined ? [] : [[permissions[key].column, value] as const]
  })
  return Object.fromEntries(given)
}

export function checkedName(name: string, argument: string): string {
  const problem = nameProblem(name)
  if (problem !== null) throw new BadUserInputError(argument, problem)
  return name
}

const maxName = 255

/** What is wrong with a name; null when nothing is. */
export function nameProblem(name: string): string | null {
  if (name.trim() === '') return 'expected a name.'
  if (name.trim() !== name) return 'has blanks at an end.'
  // Half a surrogate pair would be stored as another character than was sent.
  if (/[\p{Cc}\p{Cs}]/u.test(name)) return 'has a character that cannot be seen or stored.'
  return [...name].length > maxName ? `longer than ${maxName} characters.` : null
}

/** The key in the global id of a profile. */
export function profileKey(id: string, argument = 'id'): string {
  const decoded = decodeGlobalId(id)
  if (decoded?.type !== accessProfiles.name || !isKey(accessProfiles, decoded.key))
    throw new BadUserInputError(argument, `not the id of a ${accessProfiles.name}.`)
  return decoded.key
}
