import { right, type TableRight } from './need.ts'

/** What the statements on Yeti's CDR database need, and nothing else: it is only read. */
const rights = [
  right(
    'read',
    'SELECT',
    'cdr.cdr',
    'id time_start time_connect time_end duration success is_last_cdr customer_id customer_acc_id vendor_id ' +
      'vendor_acc_id customer_price customer_price_no_vat customer_acc_vat customer_duration destination_prefix ' +
      'destination_initial_rate destination_next_rate destination_initial_interval destination_next_interval ' +
      'destination_fee destination_reverse_billing vendor_price vendor_duration dialpeer_prefix ' +
      'dialpeer_initial_rate dialpeer_next_rate dialpeer_initial_interval dialpeer_next_interval dialpeer_fee ' +
      'dialpeer_reverse_billing src_name_in src_prefix_in dst_prefix_in src_name_out src_prefix_out dst_prefix_out ' +
      'src_prefix_routing dst_prefix_routing diversion_in diversion_out from_domain to_domain ruri_domain local_tag ' +
      'orig_call_id term_call_id lega_disconnect_code lega_disconnect_reason legb_disconnect_code ' +
      'legb_disconnect_reason lega_user_agent legb_user_agent auth_orig_transport_protocol_id auth_orig_ip ' +
      'auth_orig_port sign_term_ip sign_term_port sign_term_transport_protocol_id pai_in ppi_in privacy_in rpid_in ' +
      'rpid_privacy_in audio_recorded src_country_id dst_country_id',
    'customers see no calls, recordings and statistics, and no exports are made',
  ),
  right(
    'read',
    'SELECT',
    'billing.invoices',
    'id uuid account_id contractor_id state_id reference start_date end_date amount_spent originated_amount_spent ' +
      'originated_calls_count originated_successful_calls_count originated_calls_duration originated_billing_duration ' +
      'first_originated_call_at last_originated_call_at terminated_amount_spent terminated_calls_count ' +
      'terminated_successful_calls_count terminated_calls_duration terminated_billing_duration ' +
      'first_terminated_call_at last_terminated_call_at services_amount_spent service_transactions_count',
    'customers see no invoices',
  ),
  right(
    'read',
    'SELECT',
    'billing.invoice_documents',
    'invoice_id filename pdf_data',
    'customers see no invoices, and get no PDFs',
  ),
  right(
    'read',
    'SELECT',
    'stats.active_call_accounts',
    'account_id originated_count terminated_count created_at',
    'customers do not see how many calls are in progress, now or before',
  ),
]

export const cdrRights: readonly TableRight[] = rights.map((need) => ({ ...need, database: 'cdr' }))
