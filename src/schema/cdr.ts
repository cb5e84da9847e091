import { sql, type Sql } from '../backends/databases.ts'
import type { TextRow } from '../backends/text-row.ts'
import type { FileReference } from '../identity/identity.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { fileLink, fileLinkType } from './file-link.ts'
import { fileRules } from './file-rules.ts'
import { plain } from './resource/plain.ts'
import type { Attribute, Resource } from './resource/resource.ts'
import type { ResourceRef } from './resource/resource-type.ts'

/** As in Yeti, a list can be filtered by these, they are not shown. */
export const hidden = { shown: false } as const

/** What both kinds of call detail record have. */
export const commonAttributes = {
  cdrId: { kind: 'bigint', column: 'id', nullable: false, description: "Yeti's own id of the record." },
  timeStart: {
    kind: 'time',
    nullable: false,
    description: 'When the call began. Without `eq`, `gt` or `gte` here a list covers the last 24 hours.',
  },
  timeConnect: { kind: 'time', description: 'When it was answered; none if it was not.' },
  timeEnd: { kind: 'time', description: 'When it ended.' },
  duration: { kind: 'integer', description: 'Answered time in seconds; 0 if it was not answered.' },
  success: { kind: 'boolean', description: 'Whether it was answered.' },
  srcPrefixRouting: { kind: 'text', description: 'The calling number that was used for routing.' },
  dstPrefixRouting: { kind: 'text', description: 'The called number that was used for routing.' },
  localTag: { kind: 'text', description: 'The tag of the call leg; the attempts of one call share it.' },
} as const satisfies Record<string, Attribute>

/** Milliseconds. */
const day = 86_400_000

/** Yeti's default window: a list covers the last 24 hours unless its filter says from when. */
export function lastDay(where: Readonly<Record<string, unknown>>): readonly Sql[] {
  const filter = where['timeStart']
  const bounds = typeof filter === 'object' && filter !== null ? Object.keys(filter) : []
  const bounded = bounds.some((operator) => operator === 'eq' || operator === 'gt' || operator === 'gte')
  // As a value and not by the server's clock, which is read too late to leave the other days out of the plan.
  return bounded ? [] : [sql`time_start >= ${new Date(Date.now() - day).toISOString()}::timestamptz`]
}

/** The columns that tell whether a call was recorded, and which file it is. */
export const recordingColumns = ['id', 'audio_recorded', 'local_tag', 'duration'] as const

/** Yeti's rule for a call that has a recording. */
export function isRecorded(row: TextRow): boolean {
  const isTagged = (row.text('local_tag') ?? '') !== ''
  return row.text('audio_recorded') === 't' && isTagged && Number(row.text('duration')) > 0
}

const mediaTypes = { mp3: 'audio/mpeg', wav: 'audio/wav' } as const

/** The recording of a call: `rec` says that there is one, `recording` links to it. */
export function linkRecording(
  from: Resource,
  ref: ResourceRef,
  kind: Extract<FileReference['kind'], `${string}-recording`>,
): void {
  const rule = fileRules[kind]
  const Recording = fileLinkType(`${from.name}Recording`, 'The recording of a call.', rule)
  builder.objectFields(ref, (t) => ({
    rec: t.boolean({
      description: 'Whether the call was recorded.',
      authScopes: rule,
      ...plain(isRecorded),
    }),
    recording: t.field({
      type: Recording,
      description: 'The recording; none if the call was not recorded.',
      authScopes: rule,
      resolve: (row, _args, context) => (isRecorded(row) ? recordingLink(context, kind, row) : null),
    }),
  }))
}

function recordingLink(context: Context, kind: Extract<FileReference['kind'], `${string}-recording`>, row: TextRow) {
  const { format } = context.config.recordings
  const id = row.text('id') ?? ''
  return fileLink(context, { kind, id }, `${id}.${format}`, mediaTypes[format])
}
