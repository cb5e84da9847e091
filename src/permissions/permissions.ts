import { keysOf } from './keys.ts'
import type { PermissionRow } from './permission-row.ts'

export type { PermissionRow, Section } from './permission-row.ts'

/** The catalogue: 45 flags in the order and words of Yeti's document, then the newer `webrtc_dialer`. */
const rows = {
  allowListenRecording: {
    column: 'allow_listen_recording',
    section: 'general',
    title: 'Allow Listen Recording',
    description: 'If enabled, the customer can listen to call recordings in the portal.',
    default: false,
  },
  account: {
    column: 'account',
    section: 'general',
    title: 'Account',
    description: 'If enabled, the customer can view their account information.',
    default: true,
  },
  outgoingRateplans: {
    column: 'outgoing_rateplans',
    section: 'outgoing',
    title: 'Outgoing Rateplans',
    description: 'If enabled, the customer can view outgoing rateplans.',
    default: true,
  },
  outgoingCdrs: {
    column: 'outgoing_cdrs',
    section: 'outgoing',
    title: 'Outgoing CDRs',
    description: 'If enabled, the customer can view CDR records for outgoing calls.',
    default: true,
  },
  outgoingCdrExports: {
    column: 'outgoing_cdr_exports',
    section: 'outgoing',
    title: 'Outgoing CDR Exports',
    description: 'If enabled, the customer can export CDR data for outgoing calls.',
    default: true,
  },
  outgoingStatistics: {
    column: 'outgoing_statistics',
    section: 'outgoing',
    title: 'Outgoing Statistics',
    description: 'If enabled, the customer can view outgoing traffic statistics.',
    default: true,
  },
  outgoingStatisticsActiveCalls: {
    column: 'outgoing_statistics_active_calls',
    section: 'outgoing',
    title: 'Outgoing Statistics Active Calls',
    description: 'If enabled, the customer can see the active calls count in outgoing statistics.',
    default: true,
  },
  outgoingStatisticsAcd: {
    column: 'outgoing_statistics_acd',
    section: 'outgoing',
    title: 'Outgoing Statistics ACD',
    description: 'If enabled, the customer can see the Average Call Duration metric in outgoing statistics.',
    default: true,
  },
  outgoingStatisticsAsr: {
    column: 'outgoing_statistics_asr',
    section: 'outgoing',
    title: 'Outgoing Statistics ASR',
    description: 'If enabled, the customer can see the Answer-Seizure Ratio metric in outgoing statistics.',
    default: true,
  },
  outgoingStatisticsFailedCalls: {
    column: 'outgoing_statistics_failed_calls',
    section: 'outgoing',
    title: 'Outgoing Statistics Failed Calls',
    description: 'If enabled, the customer can see failed calls count in outgoing statistics.',
    default: true,
  },
  outgoingStatisticsSuccessfulCalls: {
    column: 'outgoing_statistics_successful_calls',
    section: 'outgoing',
    title: 'Outgoing Statistics Successful Calls',
    description: 'If enabled, the customer can see successful calls count in outgoing statistics.',
    default: true,
  },
  outgoingStatisticsTotalCalls: {
    column: 'outgoing_statistics_total_calls',
    section: 'outgoing',
    title: 'Outgoing Statistics Total Calls',
    description: 'If enabled, the customer can see total calls count in outgoing statistics.',
    default: true,
  },
  outgoingStatisticsTotalDuration: {
    column: 'outgoing_statistics_total_duration',
    section: 'outgoing',
    title: 'Outgoing Statistics Total Duration',
    description: 'If enabled, the customer can see total call duration in outgoing statistics.',
    default: true,
  },
  outgoingStatisticsTotalPrice: {
    column: 'outgoing_statistics_total_price',
    section: 'outgoing',
    title: 'Outgoing Statistics Total Price',
    description: 'If enabled, the customer can see total price in outgoing statistics.',
    default: true,
  },
  outgoingStatisticsAcdValue: {
    column: 'outgoing_statistics_acd_value',
    section: 'outgoing',
    title: 'Outgoing Statistics ACD Value',
    description: 'If enabled, the customer can see the ACD numeric value in outgoing statistics.',
    default: true,
  },
  outgoingStatisticsAsrValue: {
    column: 'outgoing_statistics_asr_value',
    section: 'outgoing',
    title: 'Outgoing Statistics ASR Value',
    description: 'If enabled, the customer can see the ASR numeric value in outgoing statistics.',
    default: true,
  },
  outgoingStatisticsFailedCallsValue: {
    column: 'outgoing_statistics_failed_calls_value',
    section: 'outgoing',
    title: 'Outgoing Statistics Failed Calls Value',
    description: 'If enabled, the customer can see the failed calls numeric value in outgoing statistics.',
    default: true,
  },
  outgoingStatisticsSuccessfulCallsValue: {
    column: 'outgoing_statistics_successful_calls_value',
    section: 'outgoing',
    title: 'Outgoing Statistics Successful Calls Value',
    description: 'If enabled, the customer can see the successful calls numeric value in outgoing statistics.',
    default: true,
  },
  outgoingStatisticsTotalCallsValue: {
    column: 'outgoing_statistics_total_calls_value',
    section: 'outgoing',
    title: 'Outgoing Statistics Total Calls Value',
    description: 'If enabled, the customer can see the total calls numeric value in outgoing statistics.',
    default: true,
  },
  outgoingStatisticsTotalDurationValue: {
    column: 'outgoing_statistics_total_duration_value',
    section: 'outgoing',
    title: 'Outgoing Statistics Total Duration Value',
    description: 'If enabled, the customer can see the total duration numeric value in outgoing statistics.',
    default: true,
  },
  outgoingStatisticsTotalPriceValue: {
    column: 'outgoing_statistics_total_price_value',
    section: 'outgoing',
    title: 'Outgoing Statistics Total Price Value',
    description: 'If enabled, the customer can see the total price numeric value in outgoing statistics.',
    default: true,
  },
  outgoingActiveCalls: {
    column: 'outgoing_active_calls',
    section: 'outgoing',
    title: 'Outgoing Active Calls',
    description: 'If enabled, the customer can view real-time active outgoing calls.',
    default: true,
  },
  outgoingNumberlists: {
    column: 'outgoing_numberlists',
    section: 'outgoing',
    title: 'Outgoing Numberlists',
    description: 'If enabled, the customer can view and manage outgoing numberlists.',
    default: true,
  },
  incomingCdrs: {
    column: 'incoming_cdrs',
    section: 'incoming',
    title: 'Incoming CDRs',
    description: 'If enabled, the customer can view CDR records for incoming calls.',
    default: true,
  },
  incomingStatistics: {
    column: 'incoming_statistics',
    section: 'incoming',
    title: 'Incoming Statistics',
    description: 'If enabled, the customer can view incoming traffic statistics.',
    default: true,
  },
  incomingStatisticsActiveCalls: {
    column: 'incoming_statistics_active_calls',
    section: 'incoming',
    title: 'Incoming Statistics Active Calls',
    description: 'If enabled, the customer can see the active calls count in incoming statistics.',
    default: true,
  },
  incomingStatisticsAcd: {
    column: 'incoming_statistics_acd',
    section: 'incoming',
    title: 'Incoming Statistics ACD',
    description: 'If enabled, the customer can see the ACD metric in incoming statistics.',
    default: true,
  },
  incomingStatisticsAsr: {
    column: 'incoming_statistics_asr',
    section: 'incoming',
    title: 'Incoming Statistics ASR',
    description: 'If enabled, the customer can see the ASR metric in incoming statistics.',
    default: true,
  },
  incomingStatisticsFailedCalls: {
    column: 'incoming_statistics_failed_calls',
    section: 'incoming',
    title: 'Incoming Statistics Failed Calls',
    description: 'If enabled, the customer can see failed calls count in incoming statistics.',
    default: true,
  },
  incomingStatisticsSuccessfulCalls: {
    column: 'incoming_statistics_successful_calls',
    section: 'incoming',
    title: 'Incoming Statistics Successful Calls',
    description: 'If enabled, the customer can see successful calls count in incoming statistics.',
    default: true,
  },
  incomingStatisticsTotalCalls: {
    column: 'incoming_statistics_total_calls',
    section: 'incoming',
    title: 'Incoming Statistics Total Calls',
    description: 'If enabled, the customer can see total calls count in incoming statistics.',
    default: true,
  },
  incomingStatisticsTotalDuration: {
    column: 'incoming_statistics_total_duration',
    section: 'incoming',
    title: 'Incoming Statistics Total Duration',
    description: 'If enabled, the customer can see total call duration in incoming statistics.',
    default: true,
  },
  incomingStatisticsTotalPrice: {
    column: 'incoming_statistics_total_price',
    section: 'incoming',
    title: 'Incoming Statistics Total Price',
    description: 'If enabled, the customer can see total price in incoming statistics.',
    default: true,
  },
  incomingStatisticsAcdValue: {
    column: 'incoming_statistics_acd_value',
    section: 'incoming',
    title: 'Incoming Statistics ACD Value',
    description: 'If enabled, the customer can see the ACD numeric value in incoming statistics.',
    default: true,
  },
  incomingStatisticsAsrValue: {
    column: 'incoming_statistics_asr_value',
    section: 'incoming',
    title: 'Incoming Statistics ASR Value',
    description: 'If enabled, the customer can see the ASR numeric value in incoming statistics.',
    default: true,
  },
  incomingStatisticsFailedCallsValue: {
    column: 'incoming_statistics_failed_calls_value',
    section: 'incoming',
    title: 'Incoming Statistics Failed Calls Value',
    description: 'If enabled, the customer can see the failed calls numeric value in incoming statistics.',
    default: true,
  },
  incomingStatisticsSuccessfulCallsValue: {
    column: 'incoming_statistics_successful_calls_value',
    section: 'incoming',
    title: 'Incoming Statistics Successful Calls Value',
    description: 'If enabled, the customer can see the successful calls numeric value in incoming statistics.',
    default: true,
  },
  incomingStatisticsTotalCallsValue: {
    column: 'incoming_statistics_total_calls_value',
    section: 'incoming',
    title: 'Incoming Statistics Total Calls Value',
    description: 'If enabled, the customer can see the total calls numeric value in incoming statistics.',
    default: true,
  },
  incomingStatisticsTotalDurationValue: {
    column: 'incoming_statistics_total_duration_value',
    section: 'incoming',
    title: 'Incoming Statistics Total Duration Value',
    description: 'If enabled, the customer can see the total duration numeric value in incoming statistics.',
    default: true,
  },
  incomingStatisticsTotalPriceValue: {
    column: 'incoming_statistics_total_price_value',
    section: 'incoming',
    title: 'Incoming Statistics Total Price Value',
    description: 'If enabled, the customer can see the total price numeric value in incoming statistics.',
    default: true,
  },
  invoices: {
    column: 'invoices',
    section: 'billing',
    title: 'Invoices',
    description: 'If enabled, the customer can view invoices.',
    default: true,
  },
  payments: {
    column: 'payments',
    section: 'billing',
    title: 'Payments',
    description: 'If enabled, the customer can view payments.',
    default: true,
  },
  paymentsCryptomus: {
    column: 'payments_cryptomus',
    section: 'billing',
    title: 'Payments Cryptomus',
    description: 'If enabled, the customer can make payments via Cryptomus.',
    default: false,
  },
  services: {
    column: 'services',
    section: 'billing',
    title: 'Services',
    description: 'If enabled, the customer can view active services.',
    default: true,
  },
  transactions: {
    column: 'transactions',
    section: 'billing',
    title: 'Transactions',
    description: 'If enabled, the customer can view account transactions.',
    default: true,
  },
  webrtcDialer: {
    column: 'webrtc_dialer',
    section: 'general',
    title: 'WebRTC Dialer',
    description: 'If enabled, the customer can place calls with the WebRTC dialer of the portal.',
    default: true,
  },
} as const satisfies Record<string, PermissionRow>

export type Permission = keyof typeof rows

/** The name that GraphQL shows for a flag: its column in capitals. */
export type PermissionName = Uppercase<(typeof rows)[Permission]['column']>

export const permissions: Readonly<Record<Permission, PermissionRow>> = rows

export const permissionKeys: readonly Permission[] = keysOf(rows)

/** Builds a value for every flag, in the catalogue's order. */
export function mapPermissions<T>(each: (permission: Permission, row: PermissionRow) => T): Record<Permission, T> {
  // fromEntries widens to string keys; the keys are exactly the catalogue's.
  return Object.fromEntries(permissionKeys.map((key) => [key, each(key, rows[key])])) as Record<Permission, T>
}

export function permissionName(permission: Permission): PermissionName {
  return rows[permission].column.toUpperCase() as PermissionName // Uppercase<> and toUpperCase agree on ASCII
}
