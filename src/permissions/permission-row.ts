/** The part of the portal a flag belongs to, as the document that defines the flags groups them. */
export type Section = 'general' | 'outgoing' | 'incoming' | 'billing'

/** Everything the gateway knows about one flag of the access profile. Adding a row adds the flag everywhere. */
export interface PermissionRow {
  /** Column of `sys.customer_portal_access_profiles`. */
  readonly column: string
  readonly section: Section
  readonly title: string
  readonly description: string
  /** What Yeti gives a new profile. */
  readonly default: boolean
}
