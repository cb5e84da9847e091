import { z } from 'zod'
import type { ProfileContent } from '../../backends/access-profiles.ts'
import { BadUserInputError } from '../../errors.ts'
import { nameProblem } from './access-profile-input.ts'
import { flagColumns } from './access-profiles.ts'

// Profiles as they are carried from one Yeti to another: without ids, which are each system's own.

/** How many profiles one document has at most. */
export const maxProfiles = 500

const format = 'yeti-access-profiles'
const version = 1

/** What `exportAccessProfiles` answers and `importAccessProfiles` takes. */
export const documentDescription = `\`{ "format": "${format}", "version": ${version}, "profiles": [{ "name": "…", "flags": { "account": true, … } }] }\`, 1 to ${maxProfiles} profiles, each with every flag by the name of its column in Yeti`

export function documentOf(profiles: readonly ProfileContent[]): object {
  const ordered = profiles.map(({ name, flags }) => ({
    name,
    // PostgreSQL keeps no order of its own in JSON.
    flags: Object.fromEntries(flagColumns.map((column) => [column, flags[column]])),
  }))
  return { format, version, profiles: ordered }
}

/** Said of what is missing and of what is of another type. */
function expected(what: string): { error: (issue: { readonly input?: unknown }) => string } {
  return { error: ({ input }) => (input === undefined ? `missing; expected ${what}.` : `expected ${what}.`) }
}

const flag = z.boolean(expected('true or false'))

const profile = z.strictObject(
  {
    name: z.string(expected('a text')).superRefine((name, { addIssue }) => {
      const problem = nameProblem(name)
      if (problem !== null) addIssue(problem)
    }),
    // A flag that the document does not know is not guessed: an older one would give what it never spoke of.
    flags: z.strictObject(
      Object.fromEntries(flagColumns.map((column) => [column, flag])),
      expected('an object with every flag'),
    ),
  },
  expected('an object with name and flags'),
)

/** Counted before any of them is looked at: there could be a million. */
const profiles = z
  .array(z.unknown(), expected('a list'))
  .min(1, `expected 1 to ${maxProfiles} profiles.`)
  .max(maxProfiles, `expected 1 to ${maxProfiles} profiles.`)

const document = z.strictObject(
  {
    format: z.literal(format, expected(`"${format}"`)),
    version: z.literal(version, expected(String(version))),
    profiles: profiles.pipe(z.array(profile)),
  },
  expected('an object with format, version and profiles'),
)

/** What is wrong, and where. */
export interface Problem {
  readonly argument: string
  readonly message: string
}

/** An error names no more problems than this; it says how many there are. */
const maxProblems = 100

/** What an error says of several problems: the first one in words, all of them for programs. */
export function problemDetails(problems: readonly Problem[]): { problems: readonly Problem[]; problemCount: number } {
  return { problems: problems.slice(0, maxProblems), problemCount: problems.length }
}

/** Reads a document. Throws a `BadUserInputError` that names all that is wrong with it. */
export function readDocument(value: unknown, argument: string): ProfileContent[] {
  const result = document.safeParse(value)
  const problems = [
    ...(result.error?.issues ?? []).flatMap((issue) => problemsOf(issue, argument)),
    ...repeated(value, argument),
  ]
  const [first] = problems
  if (first)
    throw new BadUserInputError(first.argument, `${first.message}${others(problems)}`, problemDetails(problems))
  return result.data?.profiles ?? []
}

function others({ length }: readonly Problem[]): string {
  return length === 1 ? '' : ` (${length} problems in all, see extensions.problems.)`
}

function problemsOf(issue: z.core.$ZodIssue, argument: string): Problem[] {
  const path = pathOf(issue.path, argument)
  if (issue.code !== 'unrecognized_keys') return [{ argument: path, message: issue.message }]
  return issue.keys.map((key) => ({ argument: pathOf([key], path), message: 'there is no such thing here.' }))
}

/** Names that stand twice; also where something else is wrong with a profile. */
function repeated(value: unknown, argument: string): Problem[] {
  const { data } = z.object({ profiles }).safeParse(value)
  const names = new Map<string, number>()
  return (data?.profiles ?? []).flatMap((each, index) => {
    const name = z.object({ name: z.string() }).safeParse(each).data?.name
    if (name === undefined) return []
    const before = names.get(name)
    if (before === undefined) names.set(name, index)
    const path = pathOf(['profiles', index, 'name'], argument)
    return before === undefined ? [] : [{ argument: path, message: `the same as that of profiles[${before}].` }]
  })
}

/** Longer names of members are the caller's own joke. */
const maxKey = 64

function pathOf(path: readonly PropertyKey[], start: string): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    const key = String(part)
    return /^[a-z]\w{0,63}$/i.test(key) ? `${text}.${key}` : `${text}[${JSON.stringify(key.slice(0, maxKey))}]`
  }, start)
}
