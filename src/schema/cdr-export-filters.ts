import { storedValue, type ExportFilterName } from '../backends/exports/filters.ts'
import { builder } from './builder.ts'
import { fileRules } from './file-rules.ts'
import { plain } from './resource/plain.ts'
import { keysOf } from '../permissions/keys.ts'

const rule = { outgoingCdrExports: true } as const

/** What each filter means, and its type in GraphQL. */
const shown = {
  timeStartGte: { type: 'DateTime', description: 'Calls that began at this time or later.' },
  timeStartLt: { type: 'DateTime', description: 'Calls that began before this time.' },
  success: { type: 'Boolean', description: 'Calls that were answered, or those that were not.' },
  duration: { type: 'Int', description: 'Calls that lasted so many seconds.' },
  durationGte: { type: 'Int', description: 'Calls that lasted so many seconds or more.' },
  durationLte: { type: 'Int', description: 'Calls that lasted so many seconds or less.' },
  srcPrefixRouting: { type: 'String', description: 'Calls from exactly this number, as it was used for routing.' },
  dstPrefixRouting: { type: 'String', description: 'Calls to exactly this number, as it was used for routing.' },
} as const satisfies Record<ExportFilterName, { type: 'DateTime' | 'Boolean' | 'Int' | 'String'; description: string }>

const names: readonly ExportFilterName[] = keysOf(shown)

/** What was stored, as a value of the filter's type; null for what is none: an administrator may have written anything. */
const readers = {
  DateTime: (value: unknown) => timeOf(String(value)),
  Boolean: (value: unknown) => booleans.get(String(value)) ?? null,
  Int: (value: unknown) => (/^-?\d{1,9}$/.test(String(value)) ? Number(value) : null),
  String,
} as const

const booleans = new Map([
  ['true', true],
  ['false', false],
])

/** Without an offset a time is in UTC. */
function timeOf(text: string): string | null {
  const dated = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text.replace(' ', 'T').replace(/ ?UTC$/, 'Z')
  const time = new Date(/(Z|[+-]\d\d:?\d\d)$/.test(dated) ? dated : `${dated}Z`)
  return Number.isNaN(time.getTime()) ? null : time.toISOString()
}

/** A filter of an export as it goes out; null where there is none. `stored`: the JSON of its column. */
export function filterOf(stored: unknown, name: ExportFilterName): string | number | boolean | null {
  const value = storedValue(stored, name)
  return value === null ? null : readers[shown[name].type](value)
}

export const OutgoingCdrExportFilters = builder.objectRef<unknown>('OutgoingCdrExportFilters').implement({
  description: 'Which calls are exported: those for which all of this holds; what is none chooses nothing.',
  fields: (t) =>
    Object.fromEntries(
      names.map((name) => {
        const { type, description } = shown[name]
        return [name, t.field({ type, description, authScopes: rule, ...plain((stored) => filterOf(stored, name)) })]
      }),
    ),
})

/** Who exports calls sees them. */
const inputRule = fileRules.export

export const OutgoingCdrExportFiltersInput = builder.inputType('OutgoingCdrExportFiltersInput', {
  description: 'Which calls are exported: those for which all of this holds.',
  fields: (t) => ({
    timeStartGte: t.field({ ...shown.timeStartGte, required: true, authScopes: inputRule }),
    timeStartLt: t.field({ ...shown.timeStartLt, required: true, authScopes: inputRule }),
    success: t.field({ ...shown.success, authScopes: inputRule }),
    duration: t.field({ ...shown.duration, authScopes: inputRule }),
    durationGte: t.field({ ...shown.durationGte, authScopes: inputRule }),
    durationLte: t.field({ ...shown.durationLte, authScopes: inputRule }),
    srcPrefixRouting: t.field({ ...shown.srcPrefixRouting, authScopes: inputRule }),
    dstPrefixRouting: t.field({ ...shown.dstPrefixRouting, authScopes: inputRule }),
  }),
})
