import { sql } from '../backends/databases.ts'
import { numberlistItemsOf, numberlistsOf } from '../backends/tenancy.ts'
import { resource } from './resource/resource.ts'
import { linkFields } from './resource/resource-links.ts'
import { childList, resourceList } from './resource/resource-list.ts'
import { resourceType } from './resource/resource-type.ts'

const rule = { outgoingNumberlists: true } as const

export const numberlists = resource({
  name: 'OutgoingNumberlist',
  description: 'A list of called numbers that are let through or refused. Only lists that are assigned to this login.',
  rule,
  database: 'primary',
  table: 'class4.numberlists',
  key: { column: 'id', kind: 'bigint' },
  tieBreaker: { column: 'id', kind: 'integer' },
  scope: numberlistsOf,
  defaultOrder: [{ attribute: 'name', descending: false }],
  fieldColumns: { items: ['id'] },
  attributes: {
    numberlistId: { kind: 'integer', column: 'id', nullable: false, filter: false, description: "Yeti's own id." },
    name: { kind: 'text', nullable: false, description: 'The name, unique in the whole system.' },
    modeId: {
      kind: 'integer',
      nullable: false,
      description: 'How numbers are compared: 1 the whole number, 2 by prefix, 3 at random.',
    },
    defaultActionId: {
      kind: 'integer',
      nullable: false,
      description: 'What becomes of a call whose number is not in the list: 1 rejected, 2 allowed.',
    },
  },
})

export const numberlistItems = resource({
  name: 'OutgoingNumberlistItem',
  description: 'A number or prefix in a numberlist.',
  rule,
  database: 'primary',
  table: 'class4.numberlist_items',
  key: { column: 'id', kind: 'bigint' },
  tieBreaker: { column: 'id', kind: 'bigint' },
  scope: numberlistItemsOf,
  links: { outgoingNumberlist: { to: numberlists, column: 'numberlist_id', description: 'The numberlist' } },
  defaultOrder: [{ attribute: 'key', descending: false }],
  attributes: {
    numberlistItemId: { kind: 'bigint', column: 'id', nullable: false, filter: false, description: "Yeti's own id." },
    key: { kind: 'text', nullable: false, description: 'The number, or prefix of numbers.' },
    actionId: {
      kind: 'integer',
      description: 'What becomes of a call to it: 1 rejected, 2 allowed; none: as the list says by default.',
    },
  },
})

export const OutgoingNumberlist = resourceType(numberlists)
export const OutgoingNumberlistItem = resourceType(numberlistItems)

linkFields(numberlistItems, OutgoingNumberlistItem, 'outgoingNumberlist', OutgoingNumberlist)

resourceList(numberlists, OutgoingNumberlist, {
  field: 'outgoingNumberlists',
  description: 'The numberlists that this login manages, by name unless `orderBy` says otherwise.',
})

resourceList(numberlistItems, OutgoingNumberlistItem, {
  field: 'outgoingNumberlistItems',
  description: 'The items of all numberlists that this login manages, by number unless `orderBy` says otherwise.',
})

childList(
  { resource: numberlists, ref: OutgoingNumberlist, children: (id) => sql`numberlist_id = ${id}` },
  numberlistItems,
  OutgoingNumberlistItem,
  { field: 'items', description: 'Its items, by number unless `orderBy` says otherwise.' },
)
