import type { DatabaseName } from '../databases.ts'
import type { Feature } from './features.ts'

/** An index that statements count on; whichever has columns that begin so will do. */
export interface IndexNeed {
  readonly database: DatabaseName
  readonly table: string
  readonly columns: readonly string[]
  readonly features: readonly Feature[]
  /** What is slow without it. */
  readonly slow: string
  /** Not only fast: what happens where a row is there twice. */
  readonly unique?: string
  /** Yeti has none. Told of where the table has more rows than this. */
  readonly beyondRows?: number
}

type Given = Omit<IndexNeed, 'database' | 'columns' | 'features' | 'table'> & { readonly features?: readonly Feature[] }

function index(table: string, columns: string, { features = ['read'], ...given }: Given): Omit<IndexNeed, 'database'> {
  return { table, columns: columns.split(' '), features, ...given }
}

const accounts = 'whatever belongs to the accounts of a customer'
const rates = 'rates, each list of which looks through those of all customers'

/** Of small tables too: they are Yeti's own, and where one is gone something has happened. */
const primary = [
  index('sys.api_access', 'login', {
    slow: 'signing in',
    unique: 'two logins can have one name, and either is let in as the other',
  }),
  index('sys.api_access', 'id', { slow: 'every request' }),
  index('sys.api_access', 'customer_portal_access_profile_id', { features: ['admin'], slow: 'lists of profiles' }),
  index('sys.api_access', 'customer_id', { features: ['admin'], slow: 'the logins of a contractor' }),
  index('sys.customer_portal_access_profiles', 'name', {
    features: ['admin'],
    slow: 'changing profiles',
    unique: 'two profiles can have one name',
  }),
  index('public.contractors', 'id', { slow: 'every request' }),
  index('billing.accounts', 'contractor_id', { slow: accounts }),
  index('billing.accounts', 'id', { slow: accounts }),
  index('billing.accounts', 'uuid', { slow: accounts }),
  index('billing.account_balance_notification_settings', 'account_id', { slow: 'filtering accounts by thresholds' }),
  index('billing.payments', 'account_id', { slow: 'payments' }),
  index('billing.payments', 'uuid', { slow: 'a payment by its id' }),
  index('billing.services', 'account_id', { slow: 'services' }),
  index('billing.services', 'uuid', { slow: 'a service by its id' }),
  index('billing.transactions', 'account_id', { slow: 'transactions' }),
  index('billing.transactions', 'service_id', { slow: 'the transactions of services' }),
  index('billing.transactions', 'uuid', { slow: 'a transaction by its id' }),
  index('class4.customers_auth', 'customer_id', { slow: 'rate plans, rates and numberlists' }),
  index('class4.customers_auth', 'account_id', { slow: 'rate plans and rates of an account' }),
  index('class4.rate_plan_groups', 'rateplan_id', { slow: 'rates' }),
  index('class4.destinations', 'uuid', { slow: 'a rate by its id' }),
  index('class4.destinations', 'rate_group_id', { slow: rates, beyondRows: 100_000 }),
  index('class4.numberlist_items', 'numberlist_id key', { slow: 'the items of a numberlist' }),
  index('class4.numberlist_items', 'numberlist_id key', {
    features: ['numberlists'],
    slow: 'adding items',
    unique: 'customers cannot add items to their numberlists',
  }),
  index('class4.numberlist_items', 'id', { slow: 'an item of a numberlist by its id' }),
  index('sys.cdr_exports', 'customer_account_id', { slow: 'exports' }),
  index('sys.cdr_exports', 'uuid', { slow: 'an export by its id' }),
  index('sys.network_prefixes', 'id', { slow: 'the networks of rates' }),
  index('sys.network_prefixes', 'uuid', { slow: 'a prefix of a network by its id' }),
  index('gui.admin_users', 'username', { features: ['admin'], slow: 'signing in as an administrator' }),
]

const cdr = [
  index('cdr.cdr', 'customer_id time_start', { slow: 'lists of outgoing calls' }),
  index('cdr.cdr', 'customer_acc_id time_start', { slow: 'statistics of outgoing calls, and exports' }),
  index('cdr.cdr', 'vendor_id time_start', { slow: 'lists and statistics of incoming calls' }),
  index('cdr.cdr', 'id', { slow: 'a call by its id, and its recording' }),
  index('stats.active_call_accounts', 'account_id created_at', { slow: 'calls in progress, now and before' }),
  index('billing.invoice_documents', 'invoice_id', { slow: 'invoices, each of which says whether there is a PDF' }),
]

export const indexNeeds: readonly IndexNeed[] = [
  ...primary.map((need) => ({ ...need, database: 'primary' as const })),
  ...cdr.map((need) => ({ ...need, database: 'cdr' as const })),
]
