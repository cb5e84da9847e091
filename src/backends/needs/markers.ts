import type { DatabaseName } from '../databases.ts'

/** Which of Yeti's migrations brought what the gateway needs, by `table` or `table.column`; what is older is not here. */
const markers: Readonly<Record<DatabaseName, Readonly<Record<string, string>>>> = {
  primary: {
    'billing.payments.status_id': '20230702152539',
    'billing.payments.type_id': '20230717103315',
    'billing.services': '20240425124935',
    'billing.service_types': '20240425124935',
    'billing.transactions': '20240425124935',
    'billing.payments.balance_before_payment': '20250919092417',
    'billing.payments.rolledback_at': '20251011072900',
    'sys.customer_portal_access_profiles': '20251022165638',
    'sys.api_access.customer_portal_access_profile_id': '20251022165638',
    'class4.gateways.uuid': '20251214193750',
    'class4.gateways.incoming_auth_allow_jwt': '20251214193750',
    'billing.currencies': '20260311100000',
    'billing.accounts.currency_id': '20260311100000',
    'billing.accounts.currency_name': '20260311100000',
    'class4.destinations.currency_id': '20260408000000',
    'billing.payments.metadata': '20260417000000',
    'class4.destinations.attempt_fee': '20260629120000',
    'billing.payments.currency_id': '20260704115624',
  },
  cdr: {
    'billing.invoices.services_amount_spent': '20240609092136',
    'billing.invoices.service_transactions_count': '20240609092136',
  },
}

/** What to do about a table or column that Yeti has nowadays. `migration`: where it is known from elsewhere. */
export function upgradeFor(database: DatabaseName, name: string, migration = markers[database][name]): string {
  const invoices = database === 'cdr' && /^billing\.invoices\.(\w+_)?(originated|terminated)_/.test(name)
  const known = migration ?? (invoices ? '20231212213111' : undefined)
  return known === undefined
    ? 'upgrade Yeti: that of July 2026 has it'
    : `upgrade Yeti: its migration ${known} of the ${database} database brings it`
}
