import { right, type SequenceRight, type TableRight } from './need.ts'

/** What the statements on Yeti's primary database need, and nothing else. Columns are told apart where a table has more. */
const read = [
  right(
    'read',
    'SELECT',
    'sys.api_access',
    'id login password_digest customer_id account_ids allowed_ips allow_outgoing_numberlists_ids ' +
      'customer_portal_access_profile_id provision_gateway_id',
    'no customer can sign in',
  ),
  right('read', 'SELECT', 'sys.customer_portal_access_profiles', 'all', 'no customer can sign in'),
  right('read', 'SELECT', 'public.contractors', 'id name', 'no customer can sign in'),
  right(
    'read',
    'SELECT',
    'billing.accounts',
    'id uuid contractor_id name balance min_balance max_balance destination_rate_limit origination_capacity ' +
      'termination_capacity total_capacity currency_name max_call_duration external_id',
    'customers see no accounts, and nothing that belongs to one: statistics, payments, services, exports',
  ),
  right(
    'read',
    'SELECT',
    'billing.account_balance_notification_settings',
    'account_id low_threshold high_threshold',
    'customers cannot filter accounts by their balance thresholds',
  ),
  right('read', 'SELECT', 'billing.currencies', 'id name', 'customers see no currency of payments and rates'),
  right(
    'read',
    'SELECT',
    'billing.payments',
    'id uuid account_id currency_id amount notes status_id type_id created_at balance_before_payment rolledback_at',
    'customers see no payments',
  ),
  right(
    'read',
    'SELECT',
    'billing.services',
    'id uuid account_id type_id name state_id initial_price renew_price renew_period_id renew_at created_at',
    'customers see no services',
  ),
  right('read', 'SELECT', 'billing.service_types', 'id name ui_type', 'customers see no types of services'),
  right('read', 'SELECT', 'billing.transactions', 'all', 'customers see no transactions'),
  right(
    'read',
    'SELECT',
    'class4.customers_auth',
    'customer_id account_id rateplan_id dst_numberlist_id',
    'customers see no rate plans, rates and numberlists',
  ),
  right('read', 'SELECT', 'class4.rateplans', 'id uuid name', 'customers see no rate plans'),
  right('read', 'SELECT', 'class4.rate_plan_groups', 'rateplan_id rate_group_id', 'customers see no rates'),
  right(
    'read',
    'SELECT',
    'class4.destinations',
    'id uuid rate_group_id prefix dst_number_min_length dst_number_max_length enabled reject_calls initial_rate ' +
      'initial_interval next_rate next_interval connect_fee attempt_fee valid_from valid_till currency_id ' +
      'network_prefix_id routing_tag_ids',
    'customers see no rates',
  ),
  right('read', 'SELECT', 'class4.routing_tags', 'id name', 'customers cannot check rates'),
  right('read', 'SELECT', 'class4.numberlists', 'id name mode_id default_action_id', 'customers see no numberlists'),
  right(
    'read',
    'SELECT',
    'class4.numberlist_items',
    'id numberlist_id key action_id',
    'customers see no items of numberlists',
  ),
  right(
    'read',
    'SELECT',
    'class4.gateways',
    'id uuid contractor_id enabled incoming_auth_allow_jwt',
    'customers get no tokens for calls from the browser',
  ),
  right(
    'read',
    'SELECT',
    'sys.cdr_exports',
    'id uuid customer_account_id status fields filters rows_count time_format time_zone_name created_at updated_at',
    'customers see no exports, and those that were asked for are not made',
  ),
  right('read', 'SELECT', 'sys.countries', 'all', 'customers see no countries'),
  right('read', 'SELECT', 'sys.networks', 'all', 'customers see no networks'),
  right('read', 'SELECT', 'sys.network_types', 'id uuid name', 'customers see no types of networks'),
  right(
    'read',
    'SELECT',
    'sys.network_prefixes',
    'id uuid prefix network_id number_min_length number_max_length',
    'customers see no prefixes of networks, those of rates neither',
  ),
]

const noItems = 'customers cannot add items to their numberlists'
const noExports = 'customers cannot ask for exports'
const noPayments = 'customers cannot pay by Cryptomus'
const notCredited = 'what customers have paid by Cryptomus is not credited to them'
const noProfiles = 'administrators cannot add, change or copy access profiles'
const noLogins = 'administrators cannot add logins'

const write = [
  right(
    'numberlists',
    'INSERT',
    'class4.numberlist_items',
    'numberlist_id key action_id created_at updated_at',
    noItems,
  ),
  right(
    'numberlists',
    'UPDATE',
    'class4.numberlist_items',
    'key action_id updated_at',
    'customers cannot change items of their numberlists',
  ),
  right(
    'numberlists',
    'DELETE',
    'class4.numberlist_items',
    'all',
    'customers cannot remove items from their numberlists',
  ),
  right(
    'exports',
    'INSERT',
    'sys.cdr_exports',
    'status type fields filters customer_account_id time_format time_zone_name created_at updated_at',
    noExports,
  ),
  right(
    'exports',
    'UPDATE',
    'sys.cdr_exports',
    'status fields rows_count updated_at',
    'exports stay pending for ever, and their files are never removed',
  ),
  right('payments', 'SELECT', 'billing.accounts', 'currency_id', `${noPayments}, and ${notCredited}`),
  right('payments', 'SELECT', 'billing.currencies', 'rate', `${noPayments}, and ${notCredited}`),
  right('payments', 'SELECT', 'billing.payments', 'metadata', notCredited),
  right(
    'payments',
    'INSERT',
    'billing.payments',
    'account_id currency_id amount notes type_id status_id metadata',
    noPayments,
  ),
  right('payments', 'UPDATE', 'billing.payments', 'amount status_id balance_before_payment metadata', notCredited),
  right('payments', 'UPDATE', 'billing.accounts', 'balance', notCredited),
]

const admin = [
  right(
    'admin',
    'SELECT',
    'gui.admin_users',
    'id username encrypted_password enabled roles allowed_ips',
    'no administrator can sign in',
  ),
  right('admin', 'SELECT', 'public.contractors', 'enabled customer vendor', 'administrators see no contractors'),
  right('admin', 'SELECT', 'class4.gateways', 'name', 'administrators see no gateways'),
  right('admin', 'SELECT', 'sys.api_access', 'all', 'administrators see no logins'),
  right(
    'admin',
    'INSERT',
    'sys.api_access',
    'login customer_id account_ids allowed_ips allow_outgoing_numberlists_ids customer_portal_access_profile_id ' +
      'provision_gateway_id password_digest created_at updated_at',
    noLogins,
  ),
  right(
    'admin',
    'UPDATE',
    'sys.api_access',
    'login customer_id account_ids allowed_ips allow_outgoing_numberlists_ids customer_portal_access_profile_id ' +
      'provision_gateway_id password_digest updated_at',
    'administrators cannot change logins and their passwords',
  ),
  right('admin', 'DELETE', 'sys.api_access', 'all', 'administrators cannot remove logins'),
  // Whole rows: a flag that is new in Yeti must not need a new grant.
  right('admin', 'INSERT', 'sys.customer_portal_access_profiles', 'all', noProfiles),
  right(
    'admin',
    'UPDATE',
    'sys.customer_portal_access_profiles',
    'all',
    'administrators cannot change access profiles',
  ),
  right(
    'admin',
    'DELETE',
    'sys.customer_portal_access_profiles',
    'all',
    'administrators cannot remove access profiles',
  ),
]

/** Whole rows are written to Yeti's audit log, as Yeti itself does; it is the administrators'. */
const audit = [
  right(
    'admin',
    'INSERT',
    'gui.versions',
    'item_type item_id event whodunnit object object_changes ip created_at',
    "nothing that is changed here appears in Yeti's audit log",
  ),
  right(
    ['admin', 'numberlists'],
    'SELECT',
    'class4.numberlist_items',
    'all',
    "changed items of numberlists do not appear in Yeti's audit log",
  ),
  right(['admin', 'exports'], 'SELECT', 'sys.cdr_exports', 'all', "exports do not appear in Yeti's audit log"),
  right(['admin', 'payments'], 'SELECT', 'billing.payments', 'all', "payments do not appear in Yeti's audit log"),
  right(
    ['admin', 'payments'],
    'SELECT',
    'billing.accounts',
    'all',
    "credited balances do not appear in Yeti's audit log",
  ),
].map((need) => ({ ...need, isOptional: true }))

export const primaryRights: readonly TableRight[] = [...read, ...write, ...admin, ...audit].map((need) => ({
  ...need,
  database: 'primary',
}))

const database = 'primary'

export const sequences: readonly SequenceRight[] = [
  {
    database,
    sequence: 'class4.blacklist_items_id_seq',
    table: 'class4.numberlist_items',
    features: ['numberlists'],
    without: noItems,
  },
  {
    database,
    sequence: 'sys.cdr_exports_id_seq',
    table: 'sys.cdr_exports',
    features: ['exports'],
    without: noExports,
  },
  {
    database,
    sequence: 'billing.payments_id_seq',
    table: 'billing.payments',
    features: ['payments'],
    without: noPayments,
  },
  {
    database,
    sequence: 'sys.customer_portal_access_profiles_id_seq',
    table: 'sys.customer_portal_access_profiles',
    features: ['admin'],
    without: 'administrators cannot add or copy access profiles',
  },
  { database, sequence: 'sys.api_access_id_seq', table: 'sys.api_access', features: ['admin'], without: noLogins },
  {
    database,
    sequence: 'gui.versions_id_seq',
    table: 'gui.versions',
    features: ['admin'],
    without: "nothing that is changed here appears in Yeti's audit log",
    isOptional: true,
  },
]
