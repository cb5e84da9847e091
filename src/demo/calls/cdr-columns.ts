import { second, timestamp } from '../clock.ts'
import type { CopyValue } from '../copy.ts'
import type { Attempt, Call, Sent } from './call.ts'
import type { Charges } from './charges.ts'

/** One row of cdr.cdr: an attempt, its call, and what it cost. */
export interface CdrRow {
  readonly call: Call
  readonly attempt: Attempt
  readonly charges: Charges
}

type Column = (row: CdrRow) => CopyValue

const packageCounter = 61
const switchDomain = 'sip.yeti.example'

/** Null unless the attempt was sent to a vendor. */
function ofSent(value: (sent: Sent, row: CdrRow) => CopyValue): Column {
  return (row) => row.attempt.sent && value(row.attempt.sent, row)
}

/** Null but in the last attempt: the originator does not learn of those before. */
function ofLast(value: (attempt: Attempt) => CopyValue): Column {
  return ({ attempt }) => (attempt.isLast ? value(attempt) : null)
}

function ofHidden(value: (call: Call) => CopyValue): Column {
  return ({ call }) => (call.caller.country ? null : value(call))
}

/** What the portal shows, filters and sums up, and what explains a price. The other columns stay null. */
export const cdrColumns: Readonly<Record<string, Column>> = {
  id: ({ attempt }) => attempt.id,
  time_start: ({ call }) => timestamp(call.start),
  time_connect: ({ attempt }) => attempt.connect && timestamp(attempt.connect),
  time_end: ({ attempt }) => timestamp(attempt.end),
  duration: ({ attempt }) => attempt.duration,
  success: ({ attempt }) => attempt.connect !== null,
  routing_attempt: ({ attempt }) => attempt.number,
  is_last_cdr: ({ attempt }) => attempt.isLast,
  audio_recorded: ({ call, attempt }) => call.recorded && attempt.isLast,

  customer_id: ({ call }) => call.auth.account.contractor.id,
  customer_acc_id: ({ call }) => call.auth.account.id,
  customer_acc_external_id: ({ call }) => call.auth.account.externalId,
  customer_acc_vat: ({ call }) => call.auth.account.vat,
  customer_auth_id: ({ call }) => call.auth.id,
  customer_currency_id: ({ call }) => call.auth.account.currency.id,
  customer_currency_rate: ({ call }) => Number(call.auth.account.currency.rate) / 1e6,
  rateplan_id: ({ call }) => call.auth.rateplan.id,
  destination_id: ({ call }) => call.destination.id,
  destination_prefix: ({ call }) => call.destination.zone.prefix,
  destination_initial_rate: ({ call }) => call.tariff.text.initialRate,
  destination_next_rate: ({ call }) => call.tariff.text.nextRate,
  destination_initial_interval: ({ call }) => call.tariff.initialInterval,
  destination_next_interval: ({ call }) => call.tariff.nextInterval,
  destination_fee: ({ call }) => call.tariff.text.fee,
  destination_attempt_fee: ({ call }) => call.tariff.text.attemptFee,
  destination_reverse_billing: ({ call }) => call.destination.reverseBilling,
  package_counter_id: ({ call }) => (call.fromPackage ? packageCounter : null),

  vendor_id: ofSent(({ route }) => route.account.contractor.id),
  vendor_acc_id: ofSent(({ route }) => route.account.id),
  vendor_acc_external_id: ofSent(({ route }) => route.account.externalId),
  vendor_currency_id: ofSent(({ route }) => route.account.currency.id),
  vendor_currency_rate: ofSent(({ route }) => Number(route.account.currency.rate) / 1e6),
  dialpeer_id: ofSent(({ dialpeer }) => dialpeer.id),
  dialpeer_prefix: ofSent(({ dialpeer }) => dialpeer.prefix),
  dialpeer_initial_rate: ofSent(({ dialpeer }) => dialpeer.tariff.text.initialRate),
  dialpeer_next_rate: ofSent(({ dialpeer }) => dialpeer.tariff.text.nextRate),
  dialpeer_initial_interval: ofSent(({ dialpeer }) => dialpeer.tariff.initialInterval),
  dialpeer_next_interval: ofSent(({ dialpeer }) => dialpeer.tariff.nextInterval),
  dialpeer_fee: ofSent(({ dialpeer }) => dialpeer.tariff.text.fee),
  dialpeer_attempt_fee: ofSent(({ dialpeer }) => dialpeer.tariff.text.attemptFee),
  dialpeer_reverse_billing: ofSent(({ dialpeer }) => dialpeer.reverseBilling),

  customer_price: ({ charges }) => charges.customerPrice,
  customer_price_no_vat: ({ charges }) => charges.customerPriceNoVat,
  customer_duration: ({ charges }) => charges.customerDuration,
  vendor_price: ({ charges }) => charges.vendorPrice,
  vendor_duration: ({ charges }) => charges.vendorDuration,
  profit: ({ charges }) => charges.profit,

  src_name_in: ({ call }) => call.caller.name,
  src_name_out: ofSent((_, { call }) => call.caller.name),
  src_prefix_in: ({ call }) => call.caller.number,
  src_prefix_routing: ({ call }) => call.caller.number,
  src_prefix_out: ofSent((_, { call }) => call.caller.number),
  src_country_id: ({ call }) => call.caller.country && call.caller.country.id,
  dst_prefix_in: ({ call }) => call.dialledAsSent,
  dst_prefix_routing: ({ call }) => call.dialled,
  dst_prefix_out: ofSent(({ route }, { call }) => route.techPrefix + call.dialled),
  dst_country_id: ({ call }) => call.destination.zone.country.id,
  dst_network_id: ({ call }) => call.destination.zone.networkId,
  diversion_in: ({ call }) => call.signalling.diversion,
  diversion_out: ofSent((_, { call }) => call.signalling.diversion),
  from_domain: ({ call }) => call.auth.domain,
  to_domain: () => switchDomain,
  ruri_domain: () => switchDomain,
  local_tag: ({ call }) => call.signalling.localTag,
  orig_call_id: ({ call }) => call.signalling.callId,
  term_call_id: ofSent(({ callId }) => callId),
  lega_user_agent: ({ call }) => call.signalling.userAgent,
  // Who never answered never said what it is.
  legb_user_agent: ofSent(({ route }, { attempt }) => attempt.connect && route.userAgent),
  pai_in: ({ call }) => call.signalling.assertedIdentity,
  ppi_in: ofHidden(({ auth }) => `<sip:${auth.account.id}@${auth.domain}>`),
  privacy_in: ofHidden(() => 'id'),
  rpid_in: ofHidden(({ auth }) => `<sip:${auth.id}@${auth.domain}>;privacy=full`),
  rpid_privacy_in: ofHidden(() => 'full'),

  auth_orig_ip: ({ call }) => call.signalling.address,
  auth_orig_port: ({ call }) => call.signalling.port,
  auth_orig_transport_protocol_id: ({ call }) => call.signalling.transportProtocolId,
  sign_term_ip: ofSent(({ route }) => route.address),
  sign_term_port: ofSent(({ route }) => route.port),
  sign_term_transport_protocol_id: ofSent(({ route }) => route.transportProtocolId),

  disconnect_initiator_id: ({ attempt }) => attempt.disconnect.initiatorId,
  lega_disconnect_code: ofLast(({ disconnect }) => disconnect.code),
  lega_disconnect_reason: ofLast(({ disconnect }) => disconnect.reason),
  legb_disconnect_code: ofSent((_, { attempt }) => attempt.disconnect.code),
  legb_disconnect_reason: ofSent((_, { attempt }) => attempt.disconnect.reason),
  internal_disconnect_code_id: ({ attempt }) => attempt.refusal && attempt.refusal.id,
  internal_disconnect_code: ({ attempt }) => attempt.refusal && attempt.refusal.code,
  internal_disconnect_reason: ({ attempt }) => attempt.refusal && attempt.refusal.reason,
  pdd: ofSent(postDialDelay),
}

/** Seconds to three places; who hung up before it rang did not wait longer. */
function postDialDelay(sent: Sent, { attempt }: CdrRow): number {
  return Math.round(Math.min(sent.postDialDelay, (attempt.end - attempt.begin) / second) * 1000) / 1000
}
