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

const switchAddress = '192.0.2.1'
const demoCallsPackage = 61

/** Seconds to three places: enough for a delay. */
const milliseconds = (seconds: number) => Math.round(seconds * 1000) / 1000

const ofSent =
  (value: (sent: Sent, attempt: Attempt) => CopyValue) =>
  ({ attempt }: CdrRow): CopyValue =>
    attempt.sent && value(attempt.sent, attempt)

/** Sees only the last attempt: the originator does not learn of those before. */
const ofOutcome =
  (value: (attempt: Attempt) => CopyValue) =>
  ({ attempt }: CdrRow): CopyValue =>
    attempt.isLast ? value(attempt) : null

const isAnonymous = ({ call }: CdrRow) => call.caller.country === null

/** Columns that are not here stay null. */
export const cdrColumns: Readonly<Record<string, (row: CdrRow) => CopyValue>> = {
  id: ({ attempt }) => attempt.id,
  uuid: ({ attempt }) => attempt.uuid,
  time_start: ({ call }) => timestamp(call.start),
  time_connect: ({ attempt }) => attempt.connect && timestamp(attempt.connect),
  time_end: ({ attempt }) => timestamp(attempt.end),
  duration: ({ attempt }) => attempt.duration,
  success: ({ attempt }) => attempt.connect !== null,
  routing_attempt: ({ attempt }) => attempt.number,
  is_last_cdr: ({ attempt }) => attempt.isLast,

  customer_id: ({ call }) => call.auth.account.contractor.id,
  customer_external_id: ({ call }) => call.auth.account.contractor.externalId,
  customer_acc_id: ({ call }) => call.auth.account.id,
  customer_acc_external_id: ({ call }) => call.auth.account.externalId,
  customer_acc_vat: ({ call }) => call.auth.account.vat,
  customer_account_check_balance: () => true,
  customer_auth_id: ({ call }) => call.auth.id,
  customer_auth_name: ({ call }) => call.auth.name,
  customer_auth_external_id: ({ call }) => call.auth.externalId,
  orig_gw_id: ({ call }) => call.auth.gatewayId,
  rateplan_id: ({ call }) => call.auth.rateplan.id,
  routing_plan_id: () => 1,
  customer_currency_id: ({ call }) => call.auth.account.currency.id,
  customer_currency_rate: ({ call }) => Number(call.auth.account.currency.rate) / 1e6,

  destination_id: ({ call }) => call.destination.id,
  destination_prefix: ({ call }) => call.destination.zone.prefix,
  destination_initial_rate: ({ call }) => call.tariff.text.initialRate,
  destination_next_rate: ({ call }) => call.tariff.text.nextRate,
  destination_initial_interval: ({ call }) => call.tariff.initialInterval,
  destination_next_interval: ({ call }) => call.tariff.nextInterval,
  destination_fee: ({ call }) => call.tariff.text.fee,
  destination_attempt_fee: ({ call }) => call.tariff.text.attemptFee,
  destination_reverse_billing: ({ call }) => call.destination.reverseBilling,
  destination_rate_policy_id: () => 1,
  package_counter_id: ({ call }) => (call.fromPackage ? demoCallsPackage : null),

  vendor_id: ofSent(({ route }) => route.account.contractor.id),
  vendor_external_id: ofSent(({ route }) => route.account.contractor.externalId),
  vendor_acc_id: ofSent(({ route }) => route.account.id),
  vendor_acc_external_id: ofSent(({ route }) => route.account.externalId),
  term_gw_id: ofSent(({ route }) => route.gatewayId),
  routing_group_id: ofSent(() => 1),
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
  src_name_out: ({ call, attempt }) => attempt.sent && call.caller.name,
  src_prefix_in: ({ call }) => call.caller.number,
  src_prefix_routing: ({ call }) => call.caller.number,
  src_prefix_out: ({ call, attempt }) => attempt.sent && call.caller.number,
  src_country_id: ({ call }) => call.caller.country && call.caller.country.id,
  dst_prefix_in: ({ call }) => call.dialledAsSent,
  dst_prefix_routing: ({ call }) => call.dialled,
  dst_prefix_out: ({ call, attempt }) => attempt.sent && attempt.sent.route.techPrefix + call.dialled,
  dst_country_id: ({ call }) => call.destination.zone.country.id,
  dst_network_id: ({ call }) => call.destination.zone.networkId,
  dst_network_type_id: ({ call }) => call.destination.zone.networkTypeId,
  routing_tag_ids: ({ call }) => `{${call.destination.routingTagIds.join(',')}}`,
  diversion_in: ({ call }) => call.signalling.diversion,
  diversion_out: ({ call, attempt }) => attempt.sent && call.signalling.diversion,
  is_redirected: () => false,

  from_domain: ({ call }) => call.auth.domain,
  to_domain: () => 'sip.yeti.example',
  ruri_domain: () => 'sip.yeti.example',
  local_tag: ({ call }) => call.signalling.localTag,
  global_tag: ({ call }) => call.signalling.globalTag,
  legb_local_tag: ofSent((sent) => sent.localTag),
  legb_ruri: ({ call, attempt }) =>
    attempt.sent && `sip:${attempt.sent.route.techPrefix}${call.dialled}@${attempt.sent.route.address}`,
  orig_call_id: ({ call }) => call.signalling.callId,
  term_call_id: ofSent((sent) => sent.callId),
  lega_user_agent: ({ call }) => call.signalling.userAgent,
  legb_user_agent: ofSent(({ route }, { connect }) => connect && route.userAgent),
  pai_in: ({ call }) => call.signalling.assertedIdentity,
  pai_out: ({ call, attempt }) => attempt.sent && call.signalling.assertedIdentity,
  privacy_in: (row) => (isAnonymous(row) ? 'id' : null),
  rpid_in: (row) => (isAnonymous(row) ? `<sip:${row.call.auth.id}@${row.call.auth.domain}>` : null),
  rpid_privacy_in: (row) => (isAnonymous(row) ? 'full' : null),

  auth_orig_ip: ({ call }) => call.signalling.address,
  auth_orig_port: ({ call }) => call.signalling.port,
  auth_orig_transport_protocol_id: ({ call }) => call.signalling.transportProtocolId,
  sign_orig_ip: ({ call }) => call.signalling.address,
  sign_orig_port: ({ call }) => call.signalling.port,
  sign_orig_transport_protocol_id: ({ call }) => call.signalling.transportProtocolId,
  sign_orig_local_ip: () => switchAddress,
  sign_orig_local_port: () => 5060,
  sign_term_ip: ofSent(({ route }) => route.address),
  sign_term_port: ofSent(() => 5060),
  sign_term_transport_protocol_id: ofSent(({ route }) => route.transportProtocolId),
  sign_term_local_ip: ofSent(() => switchAddress),
  sign_term_local_port: ofSent(() => 5061),

  disconnect_initiator_id: ({ attempt }) => attempt.disconnect.initiatorId,
  lega_disconnect_code: ofOutcome(({ disconnect }) => disconnect.code),
  lega_disconnect_reason: ofOutcome(({ disconnect }) => disconnect.reason),
  lega_q850_cause: ofOutcome(({ disconnect }) => disconnect.cause),
  legb_disconnect_code: ofSent((_, { disconnect }) => disconnect.code),
  legb_disconnect_reason: ofSent((_, { disconnect }) => disconnect.reason),
  legb_q850_cause: ofSent((_, { disconnect }) => disconnect.cause),
  internal_disconnect_code_id: ({ attempt }) => attempt.refusal && attempt.refusal.id,
  internal_disconnect_code: ({ attempt }) => attempt.refusal && attempt.refusal.code,
  internal_disconnect_reason: ({ attempt }) => attempt.refusal && attempt.refusal.reason,
  pdd: ofSent(({ postDialDelay }, { begin, end }) =>
    milliseconds(Math.min(postDialDelay, (end - begin) / second)),
  ),
  rtt: ofSent(({ roundTrip }) => milliseconds(roundTrip)),
  routing_delay: ({ call }) => (call.start % 37) / 1000,
  early_media_present: ofSent(({ earlyMedia }) => earlyMedia),
  audio_recorded: ({ call, attempt }) => call.recorded && attempt.isLast,
  dump_level_id: () => 0,
  pop_id: () => 1,
  node_id: ({ call }) => (call.auth.id % 2) + 1,
  core_version: () => '1.16.2',
  yeti_version: () => '1.14.8',
}
