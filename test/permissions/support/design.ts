/** What each flag guards, as the design says it and not as the schema does: the first row that fits counts. */
export interface DesignRow {
  readonly coordinates: RegExp
  readonly flags: readonly string[]
}

const metrics = [
  ['acd', 'ACD'],
  ['asr', 'ASR'],
  ['failedCalls', 'FAILED_CALLS'],
  ['successfulCalls', 'SUCCESSFUL_CALLS'],
  ['totalCalls', 'TOTAL_CALLS'],
  ['totalDuration', 'TOTAL_DURATION'],
  ['totalPrice', 'TOTAL_PRICE'],
] as const

/** A list at the root with everything that belongs to it. */
function list(field: string, type: string, flag: string): DesignRow {
  const types = `${type}(?:Connection\\.(?:nodes|edges|totalCount)|Edge\\.node|Where\\.\\w+|OrderBy\\.\\w+|\\.\\w+)`
  return { coordinates: new RegExp(`^(?:Query\\.${field}(?:\\(\\w+:\\))?|${types})$`), flags: [flag] }
}

function statistics(direction: 'Outgoing' | 'Incoming', price: string): DesignRow[] {
  const section = `${direction.toUpperCase()}_STATISTICS`
  const name = `${direction}Statistics`
  const chart = metrics.map(([field, flag]) => [`^${name}Point\\.${field}$`, [`${section}_${flag}`]] as const)
  const numbers = metrics.map(([field, flag]) => [`^${name}Totals\\.${field}$`, [`${section}_${flag}_VALUE`]] as const)
  const both = (flag: string) => [`${section}_${flag}`, `${section}_${flag}_VALUE`]
  const ofDuration = ['ACD', 'ASR', 'FAILED_CALLS', 'SUCCESSFUL_CALLS', 'TOTAL_DURATION'].flatMap(both)
  const rows: (readonly [string, readonly string[]])[] = [
    ...chart,
    ...numbers,
    [`^${name}Point\\.activeCalls$`, [`${section}_ACTIVE_CALLS`]],
    // A filter could be used to find out the figures that are made of what it filters by.
    [`^${name}Where\\.duration$`, ofDuration],
    [`^${name}Where\\.${price}$`, both('TOTAL_PRICE')],
    [`^Query\\.${direction.toLowerCase()}(?:Quality)?Statistics(?:\\(\\w+:\\))?$`, []],
    [`^${name}Where\\.\\w+$`, []],
    [`^${direction}(?:Quality)?Statistics(?:Point\\.time|\\.series|\\.totals)$`, []],
    ...['ACD', 'ASR', 'TOTAL_CALLS'].flatMap((flag): [string, string[]][] => {
      const field = { ACD: 'acd', ASR: 'asr', TOTAL_CALLS: '(?:totalCalls|cps)' }[flag]
      return [
        [`^${direction}QualityStatisticsPoint\\.${field}$`, [`${section}_${flag}`]],
        [`^${direction}QualityStatisticsTotals\\.${field}$`, [`${section}_${flag}_VALUE`]],
      ]
    }),
    [
      `^(?:Query\\.${direction.toLowerCase()}ActiveCallsChart(?:\\(\\w+:\\))?|${direction}ActiveCallsPoint\\.\\w+)$`,
      [`${section}_ACTIVE_CALLS`],
    ],
  ]
  return rows.map(([pattern, flags]) => ({ coordinates: new RegExp(pattern), flags: [section, ...flags] }))
}

/** Section 4 of the design. */
export const design: readonly DesignRow[] = [
  { coordinates: /^OutgoingCdr(?:\.rec|\.recording|Recording\.\w+)$/, flags: ['OUTGOING_CDRS', 'ALLOW_LISTEN_RECORDING'] },
  { coordinates: /^IncomingCdr(?:\.rec|\.recording|Recording\.\w+)$/, flags: ['INCOMING_CDRS', 'ALLOW_LISTEN_RECORDING'] },
  // An account's id says nothing that the rows linking to it do not say.
  { coordinates: /^Account\.id$/, flags: [] },
  list('accounts', 'Account', 'ACCOUNT'),
  list('outgoingCdrs', 'OutgoingCdr', 'OUTGOING_CDRS'),
  list('incomingCdrs', 'IncomingCdr', 'INCOMING_CDRS'),
  list('invoices', 'Invoice', 'INVOICES'),
  list('outgoingRateplans', 'Rateplan', 'OUTGOING_RATEPLANS'),
  list('outgoingRates', 'Rate', 'OUTGOING_RATEPLANS'),
  { coordinates: /^(?:Rateplan\.rates\(\w+:\)|Query\.checkRate(?:\(\w+:\))?|CheckedRate\.\w+)$/, flags: ['OUTGOING_RATEPLANS'] },
  list('payments', 'Payment', 'PAYMENTS'),
  // Each of the two leads to the other, and no further than both flags allow.
  {
    coordinates: /^(?:Service\.transactions(?:\(\w+:\))?|Transaction\.service(?:Id)?|Transaction(?:Where|OrderBy)\.serviceId)$/,
    flags: ['SERVICES', 'TRANSACTIONS'],
  },
  list('services', 'Service', 'SERVICES'),
  list('transactions', 'Transaction', 'TRANSACTIONS'),
  // The file, and asking for one: what is in it are calls.
  { coordinates: /^(?:Mutation\.createOutgoingCdrExport(?:\(\w+:\))?|OutgoingCdrExport(?:\.file|File\.\w+|FiltersInput\.\w+)|CreateOutgoingCdrExportInput\.\w+)$/, flags: ['OUTGOING_CDR_EXPORTS', 'OUTGOING_CDRS'] },
  { coordinates: /^OutgoingCdrExportFilters\.\w+$/, flags: ['OUTGOING_CDR_EXPORTS'] },
  list('outgoingCdrExports', 'OutgoingCdrExport', 'OUTGOING_CDR_EXPORTS'),
  list('outgoingNumberlists', 'OutgoingNumberlist', 'OUTGOING_NUMBERLISTS'),
  list('outgoingNumberlistItems', 'OutgoingNumberlistItem', 'OUTGOING_NUMBERLISTS'),
  { coordinates: /^OutgoingNumberlist\.items\(\w+:\)$/, flags: ['OUTGOING_NUMBERLISTS'] },
  { coordinates: /^Mutation\.(?:create|update|delete)OutgoingNumberlistItems?(?:\(\w+:\))?$/, flags: ['OUTGOING_NUMBERLISTS'] },
  { coordinates: /^(?:Create|Update)OutgoingNumberlistItems?Input\.\w+$/, flags: ['OUTGOING_NUMBERLISTS'] },
  { coordinates: /^(?:Query|Subscription)\.outgoingActiveCalls(?:\(\w+:\))?$/, flags: ['OUTGOING_ACTIVE_CALLS'] },
  { coordinates: /^OutgoingActiveCalls?(?:Where)?\.\w+(?:\(\w+:\))?$/, flags: ['OUTGOING_ACTIVE_CALLS'] },
  {
    coordinates: /^(?:Query\.originatedCpsChart(?:\(\w+:\))?|OriginatedCpsPoint\.\w+)$/,
    flags: ['OUTGOING_STATISTICS', 'OUTGOING_STATISTICS_TOTAL_CALLS'],
  },
  { coordinates: /^InvoicePdf\.\w+$/, flags: ['INVOICES'] },
  { coordinates: /^(?:Mutation\.createCallToken|CallToken\.\w+)$/, flags: ['WEBRTC_DIALER'] },
  { coordinates: /^(?:Mutation\.createCryptomusPayment|Query\.cryptomusPayment)(?:\(\w+:\))?$/, flags: ['PAYMENTS_CRYPTOMUS'] },
  { coordinates: /^(?:CreateCryptomusPaymentInput|CryptomusPayment)\.\w+$/, flags: ['PAYMENTS_CRYPTOMUS'] },
  ...statistics('Outgoing', 'customerPrice'),
  ...statistics('Incoming', 'vendorPrice'),
] // prettier-ignore

/** What anybody may use who has signed in: it says nothing of its own, or finds only what its own rule allows. */
export const forWhoeverSignedIn: readonly RegExp[] = [
  /^Account\.id$/,
  /^Node\.id$/,
  /^PageInfo\.(?:startCursor|endCursor|hasNextPage|hasPreviousPage)$/,
  /^[A-Z]\w+(?:Connection\.pageInfo|Edge\.cursor)$/,
  /^Query\.(?:viewer|node|node\(id:\)|nodes|nodes\(ids:\))$/,
  // The world outside, the same for everybody.
  /^Query\.(?:countries|networks|networkTypes|networkPrefixes)(?:\(\w+:\))?$/,
  /^(?:Country|Network|NetworkType|NetworkPrefix)(?:Connection|Edge|Where|OrderBy)?\.\w+$/,
  // The rule of what is filtered stands at the field that takes the filter.
  /^(?:BigInt|Boolean|DateTime|Decimal|ID|IPAddress|Int|String|UUID)Filter\.\w+$/,
  /^(?:PaymentStatus|PaymentType|RenewPeriod|CdrExportStatus|CdrExportTimeFormat)Filter\.\w+$/,
  /^Statistics(?:Number|Duration|Price)Filter\.\w+$/,
  /^(?:StringListFilter|(?:AuditAction|AuditActorKind|AuditSubjectKind|DeniedPermission|DeniedViewerKind)Filter)\.\w+$/,
]

/** What everybody may use. */
export const forEverybody: readonly string[] = [
  'AccessProfile.*',
  'Customer.name',
  'Mutation.adminSignIn',
  'Mutation.adminSignIn(password:)',
  'Mutation.adminSignIn(username:)',
  'Mutation.signIn',
  'Mutation.signIn(login:)',
  'Mutation.signIn(password:)',
  'Mutation.signOut',
  'SignInPayload.expiresAt',
  'SignInPayload.token',
  'SignInPayload.viewer',
  'Viewer.accessProfile',
  'Viewer.accountIds',
  'Viewer.actingAdministrator',
  'Viewer.capabilities',
  'Viewer.customer',
  'Viewer.kind',
  'Viewer.login',
  'Viewer.permissions',
]
