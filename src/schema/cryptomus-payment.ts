import {
  createCryptomusPayment,
  findCryptomusPayment,
  type Creation,
  type CryptomusPayment as PaymentRow,
} from '../backends/cryptomus-payments.ts'
import { paymentStatuses } from '../backends/payment-codes.ts'
import type { Cryptomus } from '../backends/cryptomus.ts'
import { BadUserInputError, GatewayError, UnavailableError } from '../errors.ts'
import { accounts } from './account.ts'
import { builder } from './builder.ts'
import { tenantOf, type Context } from './context.ts'
import { decodeGlobalId, encodeGlobalId } from './resource/global-id.ts'
import { accountInternalId } from './resource/list-query.ts'
import { paymentStatus } from './payment-status.ts'
import { plain } from './resource/plain.ts'

const rule = { paymentsCryptomus: true } as const

/** What a field weighs that asks Cryptomus: an operation may ask some twenty times. */
const askingCost = 5_000

/** `url` is there where Cryptomus has just given it. */
interface Payment extends PaymentRow {
  readonly url?: string
}

const CryptomusPayment = builder.objectRef<Payment>('CryptomusPayment').implement({
  description: 'A payment into an account by cryptocurrency.',
  fields: (t) => ({
    id: t.id({
      description: 'The global id of the payment.',
      authScopes: rule,
      ...plain((payment: Payment) => encodeGlobalId('Payment', payment.uuid)),
    }),
    uuid: t.string({
      description: "Yeti's public id.",
      authScopes: rule,
      ...plain((payment: Payment) => payment.uuid),
    }),
    url: t.string({
      description: 'The page where the customer pays, asked of Cryptomus each time; none once the payment is final.',
      authScopes: rule,
      extensions: { cost: askingCost },
      resolve: (payment, _args, context) => payment.url ?? urlOf(context, payment),
    }),
    status: t.field({
      type: paymentStatus.ref,
      description: 'How far it has come.',
      authScopes: rule,
      ...plain(({ status }: Payment) => paymentStatus.read(String(status))),
    }),
    amount: t.field({
      type: 'Decimal',
      description:
        "In the account's currency: what was asked for, and once it is completed, what was credited, which may differ.",
      authScopes: rule,
      ...plain(({ amount }: Payment) => amount),
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was created.',
      authScopes: rule,
      ...plain(({ createdAt }: Payment) => createdAt.toISOString()),
    }),
  }),
})

function urlOf(context: Context, { status, orderId }: Payment): Promise<string | null> | null {
  if (status !== paymentStatuses.pending) return null
  return cryptomusOf(context)
    .paymentUrl(orderId)
    .catch((error: Error) => {
      throw new UnavailableError(error)
    })
}

/** Throws where payments are not set up. */
function cryptomusOf({ cryptomus, log }: Context): Cryptomus {
  if (cryptomus !== null) return cryptomus
  log.warn('A payment was asked for, but CRYPTOMUS_MERCHANT_ID and CRYPTOMUS_API_KEY are not set')
  throw notSetUp()
}

function notSetUp(): GatewayError {
  return new GatewayError('UNAVAILABLE', 'Payments by Cryptomus are not set up here.')
}

const CreateCryptomusPaymentInput = builder.inputType('CreateCryptomusPaymentInput', {
  fields: (t) => ({
    accountId: t.id({ required: true, description: 'The account, by its `id`.', authScopes: rule }),
    amount: t.field({
      type: 'Decimal',
      required: true,
      description: "In the account's currency: at least 0.01, less than 1000000000000.",
      authScopes: rule,
    }),
    notes: t.string({ description: 'Kept with the payment; at most 500 characters.', authScopes: rule }),
  }),
})

type Input = typeof CreateCryptomusPaymentInput.$inferInput

builder.mutationField('createCryptomusPayment', (t) =>
  t.field({
    type: CryptomusPayment,
    description:
      'A payment to be made at its `url` within 12 hours. It is credited when Cryptomus reports it as paid: with what the operator receives.',
    authScopes: rule,
    extensions: { cost: askingCost },
    args: { input: t.arg({ type: CreateCryptomusPaymentInput, required: true, authScopes: rule }) },
    resolve: (_root, { input }, context) => create(context, input),
  }),
)

builder.queryField('cryptomusPayment', (t) =>
  t.field({
    type: CryptomusPayment,
    description: 'The payment by Cryptomus with this id; null when there is none that this login may see.',
    authScopes: rule,
    args: { id: t.arg.id({ required: true, description: 'The `id` of the payment.', authScopes: rule }) },
    resolve: (_root, { id }, context) => findCryptomusPayment(context.databases, tenantOf(context), uuidOf(id)),
  }),
)

const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/

function uuidOf(id: string): string {
  const decoded = decodeGlobalId(id)
  if (decoded?.type !== 'Payment' || !uuid.test(decoded.key)) {
    throw new BadUserInputError('id', 'expected the id of a payment.')
  }
  return decoded.key
}

async function create(context: Context, input: Input): Promise<Payment> {
  checkAmount(input.amount)
  checkNotes(input.notes ?? '')
  const cryptomus = cryptomusOf(context)
  const accountId = await accountInternalId(context, accounts, input.accountId, 'input.accountId')
  if (accountId === null) throw noSuchAccount()
  const callbackUrl = context.config.cryptomus?.callbackUrl ?? `${context.origin}/api/cryptomus_callbacks`
  const { amount, notes = null } = input
  const wanted = { accountId, amount, notes, callbackUrl, address: context.address }
  return createdOrThrow(context, await createCryptomusPayment(context.databases, cryptomus, tenantOf(context), wanted))
}

/** Looked at as text: as a number, what is a little less than 0.01 may be 0.01. */
const atLeastCent = /^(?:\d*[1-9]\d*(?:\.|$)|\d+\.(?:[1-9]|0[1-9]))/
/** Far above what anybody pays, in any currency. */
const belowTrillion = /^0*\d{1,12}(?:\.|$)/

function checkAmount(amount: string): void {
  if (!atLeastCent.test(amount)) throw new BadUserInputError('input.amount', 'expected at least 0.01.')
  if (!belowTrillion.test(amount)) throw new BadUserInputError('input.amount', 'expected less than 1000000000000.')
}

const maxNotes = 500

function checkNotes(notes: string): void {
  if (notes.length > maxNotes) throw new BadUserInputError('input.notes', `at most ${maxNotes} characters.`)
  if (notes.includes('\0')) throw new BadUserInputError('input.notes', 'no NUL characters.')
}

function noSuchAccount(): BadUserInputError {
  return new BadUserInputError('input.accountId', 'no such account.')
}

function createdOrThrow({ log }: Context, creation: Creation): Payment {
  switch (creation.kind) {
    case 'created':
      return { ...creation.payment, url: creation.url }
    case 'no account':
      throw noSuchAccount()
    case 'too little':
      throw new BadUserInputError('input.amount', 'too little: less than 0.01 USDT.')
    case 'no USDT':
      log.warn('A payment was asked for, but billing.currencies has no currency USDT with a rate')
      throw notSetUp()
    case 'refused':
      throw refusalOf(creation.refusal.aboutAmount, creation.refusal)
    case 'silence':
      throw new GatewayError(
        'UNAVAILABLE',
        'Cryptomus did not answer in time. The payment may exist: look at it by its id before making another.',
        { id: encodeGlobalId('Payment', creation.payment.uuid) },
        { originalError: creation.silence },
      )
  }
}

/** `aboutAmount`: what Cryptomus says of the amount; null when it refuses for another reason. */
function refusalOf(aboutAmount: string | null, originalError: Error): GatewayError {
  if (aboutAmount !== null) return new BadUserInputError('input.amount', `Cryptomus says: ${aboutAmount}`)
  return new GatewayError('UNAVAILABLE', 'Cryptomus does not take payments right now.', {}, { originalError })
}
