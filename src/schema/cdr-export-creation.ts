import type { GraphQLResolveInfo } from 'graphql'
import { maxPending, requestExport } from '../backends/exports/request.ts'
import { timeFormats, type TimeFormat } from '../backends/exports/statement.ts'
import { isTimeZone } from '../backends/exports/time-zones.ts'
import type { TextRow } from '../backends/text-row.ts'
import { BadUserInputError, ConflictError } from '../errors.ts'
import { accounts } from './account.ts'
import { builder } from './builder.ts'
import { cdrExports, OutgoingCdrExport, timeFormat as formats } from './cdr-export.ts'
import { OutgoingCdrExportFiltersInput } from './cdr-export-filters.ts'
import { customerOf, forgetRead, tenantOf, type Context } from './context.ts'
import { allowedExportColumns } from './export-columns.ts'
import { fileRules } from './file-rules.ts'
import { isFilterText } from './resource/filter-inputs.ts'
import { accountInternalId, publicKey } from './resource/list-query.ts'
import { columnsFor, loadRow } from './resource/loading.ts'
import { selectionOf } from './resource/selection.ts'

/** Without the calls there would be no column to export. */
const rule = fileRules.export

const CreateOutgoingCdrExportInput = builder.inputType('CreateOutgoingCdrExportInput', {
  fields: (t) => ({
    accountId: t.id({
      required: true,
      description: 'The account that originated the calls, by its `id`.',
      authScopes: rule,
    }),
    filters: t.field({ type: OutgoingCdrExportFiltersInput, required: true, authScopes: rule }),
    timeFormat: t.field({
      type: formats.ref,
      description: 'How times are written; `WITH_TIMEZONE` unless said otherwise.',
      authScopes: rule,
    }),
    timeZoneName: t.string({
      description:
        'By which clock times are written, by a name that PostgreSQL knows: `Europe/Kyiv`. UTC unless given.',
      authScopes: rule,
    }),
  }),
})

type Input = typeof CreateOutgoingCdrExportInput.$inferInput

builder.mutationField('createOutgoingCdrExport', (t) =>
  t.field({
    type: OutgoingCdrExport,
    description: `Asks for a file with the calls that an account originated. It is made in the background, with the columns that this login may see; \`CONFLICT\` while ${maxPending} exports of the customer are in work.`,
    authScopes: rule,
    args: { input: t.arg({ type: CreateOutgoingCdrExportInput, required: true, authScopes: rule }) },
    resolve: (_root, { input }, context, info) => create(context, input, info),
  }),
)

async function create(context: Context, input: Input, info: GraphQLResolveInfo): Promise<TextRow | null> {
  checkFilters(input.filters)
  const accountId = await accountInternalId(context, accounts, input.accountId, 'input.accountId')
  if (accountId === null) throw noSuchAccount()
  const { scopes } = customerOf(context)
  const made = await requestExport(context.databases, tenantOf(context), {
    accountId,
    fields: [...allowedExportColumns(scopes, context.config.hiddenFields.outgoingCdr)],
    filters: input.filters,
    timeFormat: timeFormatOf(input.timeFormat),
    timeZone: await checkedTimeZone(context, input.timeZoneName),
    address: context.address,
  })
  if (made === 'no account') throw noSuchAccount()
  if (made === 'too many') {
    throw new ConflictError('input', `${maxPending} exports are in work already; try again when one of them is done.`)
  }
  forgetRead(context)
  const columns = columnsFor(cdrExports, selectionOf(info, info.fieldNodes, cdrExports.name))
  return loadRow(context, cdrExports, publicKey(cdrExports), made.uuid, columns)
}

function checkFilters(filters: Input['filters']): void {
  const { timeStartGte, timeStartLt } = filters
  if (Date.parse(timeStartGte) >= Date.parse(timeStartLt)) {
    throw new BadUserInputError('input.filters.timeStartLt', 'expected a time after timeStartGte.')
  }
  for (const name of ['srcPrefixRouting', 'dstPrefixRouting'] as const) {
    if (!isFilterText(filters[name] ?? '')) {
      throw new BadUserInputError(`input.filters.${name}`, 'expected at most 500 characters, none of them NUL.')
    }
  }
}

function timeFormatOf(name: string | null | undefined): TimeFormat {
  const code = formats.code(name ?? 'WITH_TIMEZONE')
  const known = timeFormats.find((format) => format === code)
  if (known === undefined) throw new TypeError(`There is no time format ${code}`)
  return known
}

/** As in Yeti, an empty name is none. */
async function checkedTimeZone({ databases }: Context, name: string | null | undefined): Promise<string | null> {
  if (name === null || name === undefined || name === '') return null
  if (isFilterText(name) && (await isTimeZone(databases, name))) return name
  throw new BadUserInputError('input.timeZoneName', 'not a time zone that PostgreSQL knows, for instance Europe/Kyiv.')
}

function noSuchAccount(): BadUserInputError {
  return new BadUserInputError('input.accountId', 'no such account.')
}
