import type { GraphQLResolveInfo } from 'graphql'
import type { TextRow } from '../backends/text-row.ts'
import {
  deleteItem,
  insertItems,
  KeysTakenError,
  modeOfItem,
  numberlistMode,
  prefixMode,
  updateItem,
} from '../backends/numberlist-items.ts'
import { BadUserInputError, ConflictError, NotFoundError } from '../errors.ts'
import { builder } from './builder.ts'
import { forgetRead, tenantOf, type Context } from './context.ts'
import { decodeGlobalId } from './resource/global-id.ts'
import { columnsFor, loadRow } from './resource/loading.ts'
import { isKey, publicKey } from './resource/list-query.ts'
import { numberlistItems, numberlists, OutgoingNumberlistItem } from './numberlist.ts'
import type { Resource } from './resource/resource.ts'
import { selectionOf } from './resource/selection.ts'

const rule = { outgoingNumberlists: true } as const

/** Of one request; a long list takes several. */
const maxKeys = 1_000

const actionDescription = 'What becomes of a call to it: 1 rejected, 2 allowed; none: as the list says by default.'
const keyDescription =
  'A number: digits, with or without a leading +, at most 100. Empty stands for every number, in a list that compares by prefix.'

const CreateItem = builder.inputType('CreateOutgoingNumberlistItemInput', {
  fields: (t) => ({
    outgoingNumberlistId: t.id({ required: true, description: 'The numberlist, by its `id`.', authScopes: rule }),
    key: t.string({ required: true, description: keyDescription, authScopes: rule }),
    actionId: t.int({ description: actionDescription, authScopes: rule }),
  }),
})

const CreateItems = builder.inputType('CreateOutgoingNumberlistItemsInput', {
  fields: (t) => ({
    outgoingNumberlistId: t.id({ required: true, description: 'The numberlist, by its `id`.', authScopes: rule }),
    keys: t.stringList({
      required: true,
      description: `1 to ${maxKeys} numbers. Spaces in them do not matter; what is there twice is taken once.`,
      authScopes: rule,
    }),
    actionId: t.int({ description: actionDescription, authScopes: rule }),
  }),
})

const UpdateItem = builder.inputType('UpdateOutgoingNumberlistItemInput', {
  description: 'What is left out stays as it is.',
  fields: (t) => ({
    key: t.string({ description: keyDescription, authScopes: rule }),
    actionId: t.int({ description: `${actionDescription} \`null\` takes it away.`, authScopes: rule }),
  }),
})

builder.mutationFields((t) => ({
  createOutgoingNumberlistItem: t.field({
    type: OutgoingNumberlistItem,
    description: 'Adds a number to a numberlist. `CONFLICT` when the list has it already.',
    authScopes: rule,
    args: { input: t.arg({ type: CreateItem, required: true, authScopes: rule }) },
    resolve: async (_root, { input: { key, ...input } }, context, info) => {
      const [item = null] = await created(context, { ...input, keys: [key] }, () => 'input.key', info)
      return item
    },
  }),
  createOutgoingNumberlistItems: t.field({
    type: [OutgoingNumberlistItem],
    nullable: { list: true, items: true },
    description: 'Adds many numbers to a numberlist, all or none. `CONFLICT` names those that the list has already.',
    authScopes: rule,
    extensions: { rows: { args: ['input'], count: rowsOfBatch } },
    args: { input: t.arg({ type: CreateItems, required: true, authScopes: rule }) },
    resolve: (_root, { input: { keys, ...input } }, context, info) => {
      if (keys.length < 1 || keys.length > maxKeys)
        throw new BadUserInputError('input.keys', `expected 1 to ${maxKeys} numbers.`)
      const plain = keys.map((key) => key.replaceAll(' ', ''))
      return created(context, { ...input, keys: plain }, (index) => `input.keys[${index}]`, info)
    },
  }),
  updateOutgoingNumberlistItem: t.field({
    type: OutgoingNumberlistItem,
    description: 'Changes an item. `NOT_FOUND` when there is none that this login manages.',
    authScopes: rule,
    args: {
      id: t.arg.id({ required: true, authScopes: rule }),
      input: t.arg({ type: UpdateItem, required: true, authScopes: rule }),
    },
    resolve: (_root, { id, input }, context, info) => updated(context, keyOf(numberlistItems, id, 'id'), input, info),
  }),
  deleteOutgoingNumberlistItem: t.id({
    description: 'Removes an item and answers its `id`. `NOT_FOUND` when there is none that this login manages.',
    authScopes: rule,
    args: { id: t.arg.id({ required: true, authScopes: rule }) },
    resolve: async (_root, { id }, context) => {
      const item = keyOf(numberlistItems, id, 'id')
      if (!(await deleteItem(context.databases, tenantOf(context), item, context.address))) throw noSuchItem()
      forgetRead(context)
      return id
    },
  }),
}))

interface Creation {
  readonly outgoingNumberlistId: string
  readonly keys: readonly string[]
  readonly actionId?: number | null | undefined
}

/** `nameOf`: how the caller wrote the key at this place. */
async function created(
  context: Context,
  { outgoingNumberlistId, keys, actionId }: Creation,
  nameOf: (index: number) => string,
  info: GraphQLResolveInfo,
): Promise<(TextRow | null)[]> {
  const list = await ownList(context, outgoingNumberlistId)
  keys.forEach((key, index) => checkKey(key, list.mode, nameOf(index)))
  checkAction(actionId)
  const unique = [...new Set(keys)]
  const { databases, address } = context
  const ids = await insertItems(databases, tenantOf(context), list.id, unique, actionId ?? null, address).catch(
    (error: unknown) => {
      throw error instanceof KeysTakenError ? taken(error, keys.length === 1 ? nameOf(0) : 'input.keys') : error
    },
  )
  forgetRead(context)
  return Promise.all(ids.map((id) => itemById(context, id, info)))
}

interface Change {
  readonly key?: string | null | undefined
  readonly actionId?: number | null | undefined
}

async function updated(
  context: Context,
  item: string,
  { key, actionId }: Change,
  info: GraphQLResolveInfo,
): Promise<TextRow | null> {
  const tenant = tenantOf(context)
  const mode = await modeOfItem(context.databases, tenant, item)
  if (mode === null) throw noSuchItem()
  if (key === null) throw new BadUserInputError('input.key', 'null is not a number; leave it out.')
  if (key !== undefined) checkKey(key, mode, 'input.key')
  checkAction(actionId)
  const change = { ...(key !== undefined && { key }), ...(actionId !== undefined && { actionId }) }
  const { databases, address } = context
  const found = await updateItem(databases, tenant, item, change, address).catch((error: unknown) => {
    throw error instanceof KeysTakenError ? taken(error, 'input.key') : error
  })
  if (!found) throw noSuchItem()
  forgetRead(context)
  return itemById(context, item, info)
}

/** How many keys an error names. */
const namedKeys = 5

function taken({ keys }: KeysTakenError, argument: string): ConflictError {
  const named = keys.slice(0, namedKeys).map((key) => `"${key}"`)
  const more = keys.length > namedKeys ? ` and ${keys.length - namedKeys} more` : ''
  return new ConflictError(argument, `already in the list: ${named.join(', ')}${more}.`)
}

function rowsOfBatch({ input }: Readonly<Record<string, unknown>>): number {
  const keys = typeof input === 'object' && input !== null && 'keys' in input ? input.keys : []
  return Array.isArray(keys) ? Math.min(keys.length, maxKeys) : 1
}

function noSuchItem(): NotFoundError {
  return new NotFoundError('id', 'no such item.')
}

/** A numberlist that the login manages, by its global id. */
async function ownList(context: Context, globalId: string): Promise<{ id: string; mode: number }> {
  const id = keyOf(numberlists, globalId, 'input.outgoingNumberlistId')
  const mode = await numberlistMode(context.databases, tenantOf(context), id)
  if (mode === null) throw new BadUserInputError('input.outgoingNumberlistId', 'no such numberlist.')
  return { id, mode }
}

/** The key in a global id of this resource. */
function keyOf(resource: Resource, id: string, argument: string): string {
  const decoded = decodeGlobalId(id)
  if (decoded?.type !== resource.name || !isKey(resource, decoded.key))
    throw new BadUserInputError(argument, `not the id of an ${resource.name}.`)
  return decoded.key
}

function checkKey(key: string, mode: number, argument: string): void {
  if (key === '' && mode === prefixMode) return
  if (!/^\+?\d{1,100}$/.test(key)) throw new BadUserInputError(argument, 'expected a number, for instance 380445010.')
}

function checkAction(actionId: number | null | undefined): void {
  if (actionId !== undefined && actionId !== null && actionId !== 1 && actionId !== 2)
    throw new BadUserInputError('input.actionId', 'expected 1 (reject), 2 (allow) or null.')
}

/** What was written, as it can now be read. */
function itemById(context: Context, id: string, info: GraphQLResolveInfo): Promise<TextRow | null> {
  const columns = columnsFor(numberlistItems, selectionOf(info, info.fieldNodes, numberlistItems.name))
  return loadRow(context, numberlistItems, publicKey(numberlistItems), id, columns)
}
