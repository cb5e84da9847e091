import { incomingCdrsOf } from '../backends/tenancy.ts'
import { accountLink, linkAccount } from './account.ts'
import { commonAttributes, hidden, lastDay, linkRecording, recordingColumns } from './cdr.ts'
import { resource } from './resource/resource.ts'
import { resourceList } from './resource/resource-list.ts'
import { resourceType } from './resource/resource-type.ts'

export const incomingCdrs = resource({
  name: 'IncomingCdr',
  description:
    'A call that the customer terminated as a vendor (every attempt). Prices are in the currency of its account.',
  rule: { incomingCdrs: true },
  database: 'calls',
  table: 'cdr.cdr',
  key: { column: 'id', kind: 'bigint' },
  tieBreaker: { column: 'id', kind: 'bigint' },
  scope: incomingCdrsOf,
  links: accountLink('vendor_acc_id'),
  defaultOrder: [{ attribute: 'timeStart', descending: true }],
  defaultConditions: lastDay,
  fieldColumns: { rec: recordingColumns, recording: recordingColumns },
  attributes: {
    ...commonAttributes,
    dialpeerInitialInterval: { kind: 'integer', description: 'The first billing interval, in seconds.' },
    dialpeerInitialRate: { kind: 'decimal', description: 'The price per minute in the first interval.' },
    dialpeerNextInterval: { kind: 'integer', description: 'The billing intervals after the first, in seconds.' },
    dialpeerNextRate: { kind: 'decimal', description: 'The price per minute after the first interval.' },
    dialpeerFee: { kind: 'decimal', description: 'The fee for connecting the call.' },
    dialpeerPrefix: { kind: 'text', description: 'The prefix of the dialpeer that was used.' },
    vendorPrice: { kind: 'decimal', description: 'What is due to the vendor, without VAT.' },
    vendorDuration: { kind: 'integer', description: 'The billed time in seconds.' },
    srcNameOut: { kind: 'text', description: "The caller's name as sent." },
    srcPrefixOut: { kind: 'text', description: 'The calling number as sent.' },
    dstPrefixOut: { kind: 'text', description: 'The called number as sent.' },
    diversionOut: { kind: 'text', description: 'The SIP Diversion header as sent.' },
    legbDisconnectCode: { kind: 'integer', description: 'The SIP code that the terminator answered.' },
    legbDisconnectReason: { kind: 'text', description: 'The reason that came with the code.' },
    signTermIp: { kind: 'text', description: "The terminator's IP address." },
    signTermPort: { kind: 'integer', description: "The terminator's port." },
    signTermTransportProtocolId: { kind: 'integer', description: 'The transport: 1 UDP, 2 TCP, 3 TLS, 5 WebSocket.' },
    termCallId: { kind: 'text', description: 'The SIP Call-ID of leg B.' },
    legbUserAgent: { kind: 'text', description: "The terminator's SIP User-Agent." },
    dialpeerReverseBilling: { ...hidden, kind: 'boolean', description: 'Whether the price was charged to the vendor.' },
  },
})

export const IncomingCdr = resourceType(incomingCdrs)

linkAccount(incomingCdrs, IncomingCdr)
linkRecording(incomingCdrs, IncomingCdr, 'incoming-recording')

resourceList(incomingCdrs, IncomingCdr, {
  field: 'incomingCdrs',
  description:
    'The calls that the customer terminated: the last 24 hours, newest first, unless `where` and `orderBy` say otherwise.',
})
