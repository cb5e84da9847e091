/** What of the schema is for administrators, as the design says it and not as the schema does: the first row that fits counts. */
export interface AdminRow {
  readonly coordinates: RegExp
  /** All of them are needed. */
  readonly capabilities: readonly string[]
}

/** Yeti's sections and actions that stand for what administrators do here, as an operator writes them into the file of roles. */
export const sections: Readonly<Record<string, readonly [section: string, action: string]>> = {
  READ_ACCESS_PROFILES: ['System/CustomerPortalAccessProfile', 'read'],
  CHANGE_ACCESS_PROFILES: ['System/CustomerPortalAccessProfile', 'change'],
  REMOVE_ACCESS_PROFILES: ['System/CustomerPortalAccessProfile', 'remove'],
  READ_PORTAL_LOGINS: ['System/ApiAccess', 'read'],
  CHANGE_PORTAL_LOGINS: ['System/ApiAccess', 'change'],
  REMOVE_PORTAL_LOGINS: ['System/ApiAccess', 'remove'],
  ACT_AS_CUSTOMER: ['System/CustomerToken', 'change'],
  READ_AUDIT_LOG: ['AuditLogItem', 'read'],
}

/** A list at the root with everything that belongs to it. */
function list(field: string, type: string, capability: string): AdminRow {
  const types = `${type}(?:Connection\\.(?:nodes|edges|totalCount)|Edge\\.node|Where\\.\\w+|OrderBy\\.\\w+|\\.\\w+(?:\\(\\w+:\\))?)`
  return { coordinates: new RegExp(`^(?:Query\\.${field}(?:\\(\\w+:\\))?|${types})$`), capabilities: [capability] }
}

/** A root's field with its arguments, and the types that are its own. */
function own(fields: string, types: string, ...capabilities: readonly string[]): AdminRow {
  return { coordinates: new RegExp(`^(?:(?:Query|Mutation)\\.(?:${fields})(?:\\(\\w+:\\))?|(?:${types})\\.\\w+(?:\\(\\w+:\\))?)$`), capabilities }
} // prettier-ignore

export const administration: readonly AdminRow[] = [
  // What leads from one to the other needs the capabilities of both.
  {
    coordinates: /^(?:PortalLogin\.accessProfile(?:Id)?|PortalLoginWhere\.accessProfileId|CustomerPortalAccessProfile\.logins(?:\(\w+:\))?)$/,
    capabilities: ['READ_PORTAL_LOGINS', 'READ_ACCESS_PROFILES'],
  },
  { coordinates: /^AuditEntry(?:Where)?\.accessProfile(?:Id)?$/, capabilities: ['READ_AUDIT_LOG', 'READ_ACCESS_PROFILES'] },
  { coordinates: /^(?:AuditEntry|DeniedRequests)(?:Where)?\.portalLogin(?:Id)?$/, capabilities: ['READ_AUDIT_LOG', 'READ_PORTAL_LOGINS'] },
  { coordinates: /^RunningSubscription\.(?:login|portalLogin)$/, capabilities: ['READ_ACCESS_PROFILES', 'READ_PORTAL_LOGINS'] },
  { coordinates: /^Query\.explainAccess\(loginId:\)$/, capabilities: ['READ_ACCESS_PROFILES', 'READ_PORTAL_LOGINS'] },
  { coordinates: /^ActingSession\.login$/, capabilities: ['ACT_AS_CUSTOMER', 'READ_PORTAL_LOGINS'] },
  {
    coordinates: /^(?:Create|Update)PortalLoginInput\.accessProfileId$/,
    capabilities: ['CHANGE_PORTAL_LOGINS', 'READ_PORTAL_LOGINS', 'READ_ACCESS_PROFILES'],
  },
  list('accessProfiles', 'CustomerPortalAccessProfile', 'READ_ACCESS_PROFILES'),
  list('portalLogins', 'PortalLogin', 'READ_PORTAL_LOGINS'),
  list('contractors', 'Contractor', 'READ_PORTAL_LOGINS'),
  list('contractorAccounts', 'ContractorAccount', 'READ_PORTAL_LOGINS'),
  list('numberlists', 'Numberlist', 'READ_PORTAL_LOGINS'),
  list('gateways', 'Gateway', 'READ_PORTAL_LOGINS'),
  list('auditLog', 'AuditEntry', 'READ_AUDIT_LOG'),
  list('deniedRequests', 'DeniedRequests', 'READ_AUDIT_LOG'),
  own('portalLogin', 'none', 'READ_PORTAL_LOGINS'),
  // To foresee needs no more than to see; what a change takes besides stands at the mutation.
  own(
    'accessProfile|accessProfileSchema|compareAccessProfiles|explainAccess|exportAccessProfiles|previewAccessProfileChange',
    `AccessProfileComparison|AccessFlagDifference|AccessExplanation|ExplainedAccess|ExpectedError|AccessProfilePreview|AccessProfileFlagChange|AccessProfileWarning(?:Way)?|RunningSubscription(?:List)?|UpdateAccessProfileInput|AccessProfileImport|ImportedAccessProfile`,
    'READ_ACCESS_PROFILES',
  ),
  own(
    '(?:create|update|clone|import)AccessProfiles?',
    '(?:Create|Clone)AccessProfileInput|ImportAccessProfilesInput',
    'READ_ACCESS_PROFILES',
    'CHANGE_ACCESS_PROFILES',
  ),
  own('deleteAccessProfile', 'none', 'READ_ACCESS_PROFILES', 'REMOVE_ACCESS_PROFILES'),
  own(
    'createPortalLogin|updatePortalLogin|setPortalLoginPassword|signOutPortalLogin',
    '(?:Create|Update)PortalLoginInput',
    'READ_PORTAL_LOGINS',
    'CHANGE_PORTAL_LOGINS',
  ),
  own('deletePortalLogin', 'none', 'READ_PORTAL_LOGINS', 'REMOVE_PORTAL_LOGINS'),
  own('actAsPortalLogin', 'ActingSession', 'ACT_AS_CUSTOMER'),
] // prettier-ignore

const listed =
  'CustomerPortalAccessProfile|PortalLogin|Contractor|ContractorAccount|Numberlist|Gateway|AuditEntry|DeniedRequests'
const others = [
  'AccessProfileComparison|AccessFlagDifference|AccessExplanation|ExplainedAccess|ExpectedError|AccessOutcome|ExplainedPlaceKind',
  'AccessProfilePreview|AccessProfileFlagChange|AccessProfileWarning(?:Way|Kind|Precision)?|RunningSubscription(?:List)?',
  'AccessProfileImport(?:Action)?|ImportedAccessProfile|ImportAccessProfilesInput|OnExistingAccessProfile',
  '(?:Create|Clone|Update)AccessProfileInput|(?:Create|Update)PortalLoginInput|ActingSession',
  'AdminCapability|StringListFilter|(?:AuditAction|AuditActorKind|AuditSubjectKind|DeniedPermission|DeniedViewerKind)(?:Filter)?',
].join('|') // prettier-ignore

/** Types that customers are not to know of. */
export const adminTypes = new RegExp(`^(?:(?:${listed})(?:Connection|Edge|Where|OrderBy)?|${others})$`)

/** What customers are not to know of although anybody may use it. */
export const open =
  /^(?:Mutation\.adminSignIn(?:\(\w+:\))?|Viewer\.(?:capabilities|actingAdministrator)|ViewerKind\.ADMIN)$/

/** Whether a coordinate, or the value of an enum, is none of a customer's business. */
export function isForAdministrators(coordinate: string): boolean {
  const [type = ''] = coordinate.split('.')
  return adminTypes.test(type) || open.test(coordinate) || administration.some(({ coordinates }) => coordinates.test(coordinate))
} // prettier-ignore
