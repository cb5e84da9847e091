import type { FileReference } from '../identity/identity.ts'
import type { RuleMap } from '../permissions/rule.ts'

/** What a link to a file needs: where the schema offers it, and again when the file is delivered. */
export const fileRules = {
  invoice: { invoices: true },
  'outgoing-recording': { outgoingCdrs: true, allowListenRecording: true },
  'incoming-recording': { incomingCdrs: true, allowListenRecording: true },
  export: { outgoingCdrExports: true, outgoingCdrs: true },
} as const satisfies Record<FileReference['kind'], RuleMap>
