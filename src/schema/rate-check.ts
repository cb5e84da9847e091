import { sql } from '../backends/databases.ts'
import { checkRate } from '../backends/rates.ts'
import type { Column } from '../backends/rows.ts'
import type { TextRow } from '../backends/text-row.ts'
import { BadUserInputError } from '../errors.ts'
import { builder } from './builder.ts'
import { searchCost } from './resource/connection.ts'
import { tenantOf } from './context.ts'
import { encodeGlobalId } from './resource/global-id.ts'
import { internalIdOf } from './resource/list-query.ts'
import { columnsFor } from './resource/loading.ts'
import { NetworkPrefix } from './network.ts'
import { rates } from './rate.ts'
import { rateplans } from './rateplan.ts'
import { linkFields } from './resource/resource-links.ts'
import { attributeField } from './resource/resource-type.ts'
import { selectionOf } from './resource/selection.ts'

const rule = { outgoingRateplans: true } as const

const CheckedRate = builder.objectRef<TextRow>('CheckedRate')
builder.objectType(CheckedRate, {
  description: 'A rate that calls to the checked number have now.',
  fields: (t) => ({
    id: t.id({
      description: 'The global id of the rate, by which `node(id:)` finds it.',
      authScopes: rule,
      resolve: (row) => encodeGlobalId(rates.name, row.text(rates.keyColumn.name) ?? ''),
    }),
    routingTagNames: t.stringList({
      nullable: { list: true, items: true },
      description:
        'The tags that calls need to have this rate; null in place of one that is not known. Empty: any call has it.',
      authScopes: rule,
      resolve: (row) => tagNames(row.text(tagNamesColumn.name)),
    }),
  }),
})

/** What Yeti shows of a checked rate. */
const shown = [
  'uuid',
  'prefix',
  'initialRate',
  'initialInterval',
  'nextRate',
  'nextInterval',
  'connectFee',
  'attemptFee',
  'currency',
  'rejectCalls',
  'validFrom',
  'validTill',
]
for (const [name, attribute] of rates.attributes) if (shown.includes(name)) attributeField(CheckedRate, attribute)
linkFields(rates, CheckedRate, 'networkPrefix', NetworkPrefix)

const tagNamesColumn: Column = {
  name: 'routing_tag_names',
  expression: sql`to_json(ARRAY(SELECT tag.name FROM unnest(routing_tag_ids) WITH ORDINALITY AS own (id, position)
    LEFT JOIN class4.routing_tags tag ON tag.id = own.id ORDER BY own.position))`,
}

function tagNames(json: string | null): (string | null)[] {
  return JSON.parse(json ?? '[]') as (string | null)[] // what tagNamesColumn makes
}

builder.queryField('checkRate', (t) =>
  t.field({
    type: [CheckedRate],
    description:
      "What a call to this number costs by a rate plan of the login's accounts: of the rates that are enabled and valid now, for each set of routing tags the one with the longest prefix that the number begins with. As in Yeti the length of the number, schedules and `rejectCalls` play no part. Empty: there is no rate for it.",
    authScopes: rule,
    extensions: { cost: searchCost },
    args: {
      rateplanId: t.arg.id({ required: true, description: 'The rate plan, by its `id`.', authScopes: rule }),
      number: t.arg.string({
        required: true,
        description: `As the switch gets it: with country code, and without + unless the prefixes of the rates have it. 1 to ${maxNumberLength} characters, no spaces.`,
        authScopes: rule,
      }),
    },
    resolve: async (_root, { rateplanId: id, number }, context, info) => {
      checkNumber(number)
      const rateplanId = await internalIdOf(context, rateplans, id, 'rateplanId')
      if (rateplanId === null) throw new BadUserInputError('rateplanId', 'no such rate plan.')
      const selection = selectionOf(info, info.fieldNodes, 'CheckedRate')
      const columns = [...columnsFor(rates, selection), ...(selection.has('routingTagNames') ? [tagNamesColumn] : [])]
      return checkRate(context.databases, tenantOf(context), { rateplanId, number, columns })
    },
  }),
)

/** As long as rates can say that a number is. */
const maxNumberLength = 100

function checkNumber(number: string): void {
  const isNumber = /^[^\s\p{C}]+$/u.test(number) && [...number].length <= maxNumberLength
  if (!isNumber)
    throw new BadUserInputError('number', `expected 1 to ${maxNumberLength} characters as dialled, without spaces.`)
}
