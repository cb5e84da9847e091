import { permissionKeys, type Permission } from './permissions.ts'

/** A migration of Yeti's that brought flags to its table of profiles. */
interface Addition {
  readonly migration: string
  readonly flags: readonly Permission[]
}

const sections: readonly Permission[] = ['incomingStatistics']

/** Of the figures: what stands beside the chart, and everything of the incoming side. */
const figures = permissionKeys.filter(
  (flag) => (flag.startsWith('incomingStatistics') || flag.endsWith('Value')) && !sections.includes(flag),
)

/** The flags that are younger than the table, in the order in which Yeti got them. The others came with it. */
export const additions: readonly Addition[] = [
  { migration: '20251030195717', flags: ['outgoingNumberlists'] },
  { migration: '20251030205037', flags: ['paymentsCryptomus'] },
  { migration: '20251109191129', flags: figures },
  { migration: '20251222152903', flags: ['outgoingActiveCalls'] },
  { migration: '20260222000000', flags: ['allowListenRecording'] },
  { migration: '20260404183736', flags: ['webrtcDialer'] },
]

/** What an older Yeti may lack. */
export const youngerFlags: readonly Permission[] = additions.flatMap(({ flags }) => flags)

/**
 * Those of the missing flags that a Yeti lacks for its age alone: then it lacks all that came with them or later. Of
 * another that is missing nobody knows what became of it.
 */
export function missingByAge(missing: ReadonlySet<Permission>): ReadonlySet<Permission> {
  const complete = additions.findLastIndex(({ flags }) => flags.some((flag) => !missing.has(flag)))
  return new Set(additions.slice(complete + 1).flatMap(({ flags }) => flags))
}
