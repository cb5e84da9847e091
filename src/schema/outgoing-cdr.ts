import { outgoingCdrsOf } from '../backends/tenancy.ts'
import { accountLink, linkAccount } from './account.ts'
import { commonAttributes, hidden, lastDay, linkRecording, recordingColumns } from './cdr.ts'
import { resource } from './resource/resource.ts'
import { resourceList } from './resource/resource-list.ts'
import { resourceType } from './resource/resource-type.ts'

export const outgoingCdrs = resource({
  name: 'OutgoingCdr',
  description: 'A call that the customer originated (its final attempt). Prices are in the currency of its account.',
  rule: { outgoingCdrs: true },
  database: 'calls',
  table: 'cdr.cdr',
  key: { column: 'id', kind: 'bigint' },
  tieBreaker: { column: 'id', kind: 'bigint' },
  scope: outgoingCdrsOf,
  links: accountLink('customer_acc_id'),
  defaultOrder: [{ attribute: 'timeStart', descending: true }],
  defaultConditions: lastDay,
  fieldColumns: { rec: recordingColumns, recording: recordingColumns },
  attributes: {
    ...commonAttributes,
    destinationInitialInterval: { kind: 'integer', description: 'The first billing interval, in seconds.' },
    destinationInitialRate: { kind: 'decimal', description: 'The price per minute in the first interval.' },
    destinationNextInterval: { kind: 'integer', description: 'The billing intervals after the first, in seconds.' },
    destinationNextRate: { kind: 'decimal', description: 'The price per minute after the first interval.' },
    destinationFee: { kind: 'decimal', description: 'The fee for connecting the call.' },
    customerPrice: {
      kind: 'decimal',
      description: 'The price of the call, VAT included. Unanswered calls may have one.',
    },
    customerDuration: {
      kind: 'integer',
      description: 'The billed time in seconds; none if the call was not answered.',
    },
    srcNameIn: { kind: 'text', description: "The caller's name as received." },
    srcPrefixIn: { kind: 'text', description: 'The calling number as received.' },
    fromDomain: { kind: 'text', description: 'The domain of the SIP From header.' },
    dstPrefixIn: { kind: 'text', description: 'The called number as received.' },
    toDomain: { kind: 'text', description: 'The domain of the SIP To header.' },
    ruriDomain: { kind: 'text', description: 'The domain of the SIP request URI.' },
    diversionIn: { kind: 'text', description: 'The SIP Diversion header as received.' },
    legaDisconnectCode: { kind: 'integer', description: 'The SIP code with which the call ended for the originator.' },
    legaDisconnectReason: { kind: 'text', description: 'The reason that came with the code.' },
    authOrigTransportProtocolId: { kind: 'integer', description: 'The transport: 1 UDP, 2 TCP, 3 TLS, 5 WebSocket.' },
    authOrigIp: { kind: 'address', description: "The originator's IP address." },
    authOrigPort: { kind: 'integer', description: "The originator's port." },
    destinationPrefix: { kind: 'text', description: 'The prefix of the rate that applied.' },
    origCallId: { kind: 'text', description: 'The SIP Call-ID of leg A.' },
    legaUserAgent: { kind: 'text', description: "The originator's SIP User-Agent." },
    customerAccVat: { ...hidden, kind: 'decimal', description: 'The VAT that applied, in percent.' },
    customerPriceNoVat: { ...hidden, kind: 'decimal', description: 'The price without VAT.' },
    destinationReverseBilling: { ...hidden, kind: 'boolean', description: 'Whether the price was credited.' },
    paiIn: { ...hidden, kind: 'text', description: 'The SIP P-Asserted-Identity header.' },
    ppiIn: { ...hidden, kind: 'text', description: 'The SIP P-Preferred-Identity header.' },
    privacyIn: { ...hidden, kind: 'text', description: 'The SIP Privacy header.' },
    rpidIn: { ...hidden, kind: 'text', description: 'The SIP Remote-Party-ID header.' },
    rpidPrivacyIn: { ...hidden, kind: 'text', description: 'The privacy of the Remote-Party-ID.' },
  },
})

export const OutgoingCdr = resourceType(outgoingCdrs)

linkAccount(outgoingCdrs, OutgoingCdr)
linkRecording(outgoingCdrs, OutgoingCdr, 'outgoing-recording')

resourceList(outgoingCdrs, OutgoingCdr, {
  field: 'outgoingCdrs',
  description:
    'The calls that the customer originated: the last 24 hours, newest first, unless `where` and `orderBy` say otherwise.',
})
