import {
  activeCallColumns,
  type ActiveCall,
  type ActiveCallColumn,
  type ActiveCallFilter,
} from '../backends/active-calls.ts'
import { builder } from './builder.ts'
import { plain } from './resource/plain.ts'
import type { Selection } from './resource/selection.ts'
import { address, equal, pattern, patternFilter, type Pattern } from './statistics/statistics-filters.ts'

export const activeCallsRule = { outgoingActiveCalls: true } as const

interface Attribute {
  readonly column: ActiveCallColumn
  readonly description: string
}

/** Yeti's columns, by their names there. */
const attributes: Readonly<Record<string, Attribute>> = {
  snapshotTimestamp: { column: 'snapshot_timestamp', description: 'When the switch told of the call.' },
  startTime: { column: 'start_time', description: 'When the call began.' },
  connectTime: { column: 'connect_time', description: 'When it was answered; none: not yet.' },
  destinationPrefix: { column: 'destination_prefix', description: 'The prefix of the rate.' },
  destinationInitialInterval: {
    column: 'destination_initial_interval',
    description: 'The first interval that is charged, in seconds.',
  },
  destinationInitialRate: { column: 'destination_initial_rate', description: 'The rate per minute of that.' },
  destinationNextInterval: {
    column: 'destination_next_interval',
    description: 'The intervals that are charged afterwards, in seconds.',
  },
  destinationNextRate: { column: 'destination_next_rate', description: 'The rate per minute of those.' },
  destinationFee: { column: 'destination_fee', description: 'The fee for the connection.' },
  srcNameIn: { column: 'src_name_in', description: 'The calling name as it came in.' },
  srcPrefixIn: { column: 'src_prefix_in', description: 'The calling number as it came in.' },
  dstPrefixIn: { column: 'dst_prefix_in', description: 'The called number as it came in.' },
  srcPrefixRouting: { column: 'src_prefix_routing', description: 'The calling number that was routed by.' },
  dstPrefixRouting: { column: 'dst_prefix_routing', description: 'The called number that was routed by.' },
  fromDomain: { column: 'from_domain', description: 'The domain of the From header.' },
  toDomain: { column: 'to_domain', description: 'The domain of the To header.' },
  ruriDomain: { column: 'ruri_domain', description: 'The domain of the request URI.' },
  diversionIn: { column: 'diversion_in', description: 'The Diversion header.' },
  paiIn: { column: 'pai_in', description: 'The P-Asserted-Identity header.' },
  ppiIn: { column: 'ppi_in', description: 'The P-Preferred-Identity header.' },
  privacyIn: { column: 'privacy_in', description: 'The Privacy header.' },
  rpidIn: { column: 'rpid_in', description: 'The Remote-Party-ID header.' },
  rpidPrivacyIn: { column: 'rpid_privacy_in', description: 'The privacy of the Remote-Party-ID header.' },
  authOrigTransportProtocolId: {
    column: 'auth_orig_transport_protocol_id',
    description: 'How the originator is connected: 1 UDP, 2 TCP, 3 TLS.',
  },
  authOrigIp: { column: 'auth_orig_ip', description: "The originator's IP address." },
  authOrigPort: { column: 'auth_orig_port', description: "The originator's port." },
}

const types = { bigint: 'BigInt', time: 'DateTime', integer: 'Int', decimal: 'Decimal', text: 'String' } as const

export const OutgoingActiveCall = builder.objectRef<ActiveCall>('OutgoingActiveCall').implement({
  description: 'A call in progress.',
  fields: (t) =>
    Object.fromEntries(
      Object.entries(attributes).map(([name, { column, description }]) => [
        name,
        t.field({
          type: types[activeCallColumns[column]],
          description,
          authScopes: activeCallsRule,
          // Sources tell each column in the type that the table of columns gives it.
          ...plain((call: ActiveCall) => call[column] ?? null),
        }),
      ]),
    ),
})

/** What the asked fields read. */
export function activeCallColumnsOf(selection: Selection): ActiveCallColumn[] {
  return [...selection.keys()].flatMap((field) => attributes[field]?.column ?? [])
}

const filterRule = { authScopes: activeCallsRule } as const

export const OutgoingActiveCallWhere = builder.inputType('OutgoingActiveCallWhere', {
  description: 'Only calls that match all of these.',
  fields: (t) => ({
    authOrigIp: t.string({ description: "The originator's IP address.", ...filterRule }),
    authOrigPort: t.int({ description: "The originator's port.", ...filterRule }),
    authOrigTransportProtocolId: t.int({ description: 'How the originator is connected.', ...filterRule }),
    connectTimeNull: t.boolean({ description: 'true: not answered yet; false: answered.', ...filterRule }),
    srcNameIn: t.field({ type: patternFilter, description: 'The calling name as it came in.', ...filterRule }),
    srcPrefixIn: t.field({ type: patternFilter, description: 'The calling number as it came in.', ...filterRule }),
    dstPrefixIn: t.field({ type: patternFilter, description: 'The called number as it came in.', ...filterRule }),
    srcPrefixRouting: t.field({
      type: patternFilter,
      description: 'The calling number that was routed by.',
      ...filterRule,
    }),
    dstPrefixRouting: t.field({
      type: patternFilter,
      description: 'The called number that was routed by.',
      ...filterRule,
    }),
  }),
})

export interface ActiveCallWhere {
  readonly authOrigIp?: string | null | undefined
  readonly authOrigPort?: number | null | undefined
  readonly authOrigTransportProtocolId?: number | null | undefined
  readonly connectTimeNull?: boolean | null | undefined
  readonly srcNameIn?: Pattern | null | undefined
  readonly srcPrefixIn?: Pattern | null | undefined
  readonly dstPrefixIn?: Pattern | null | undefined
  readonly srcPrefixRouting?: Pattern | null | undefined
  readonly dstPrefixRouting?: Pattern | null | undefined
}

/** What `where` asks of calls. Throws `BadUserInputError` naming what is wrong. */
export function activeCallFilters(where: ActiveCallWhere): ActiveCallFilter[] {
  return [
    ...equal('auth_orig_ip', address(where.authOrigIp)),
    ...equal('auth_orig_port', where.authOrigPort),
    ...equal('auth_orig_transport_protocol_id', where.authOrigTransportProtocolId),
    ...answered(where.connectTimeNull),
    ...pattern('src_name_in', where.srcNameIn, 'where.srcNameIn'),
    ...pattern('src_prefix_in', where.srcPrefixIn, 'where.srcPrefixIn'),
    ...pattern('dst_prefix_in', where.dstPrefixIn, 'where.dstPrefixIn'),
    ...pattern('src_prefix_routing', where.srcPrefixRouting, 'where.srcPrefixRouting'),
    ...pattern('dst_prefix_routing', where.dstPrefixRouting, 'where.dstPrefixRouting'),
  ]
}

function answered(isNull: boolean | null | undefined): ActiveCallFilter[] {
  return typeof isNull === 'boolean' ? [{ column: 'connect_time', operator: 'isNull', value: isNull }] : []
}
