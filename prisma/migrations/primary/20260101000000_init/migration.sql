-- The tables of Yeti's primary database that the gateway uses, for a database of our own (embedded mode, tests).
-- An existing Yeti installation is never migrated. Names, types, defaults and keys are Yeti's, with three changes:
-- gen_random_uuid() for uuid_generate_*(), plain indexes for those on prefix_range (no extension needed), and no
-- foreign keys to tables that are not here.
CREATE SCHEMA IF NOT EXISTS billing;
CREATE SCHEMA IF NOT EXISTS class4;
CREATE SCHEMA IF NOT EXISTS gui;
CREATE SCHEMA IF NOT EXISTS sys;

CREATE TABLE public.contractors (
  id serial NOT NULL,
  name varchar NOT NULL,
  enabled boolean NOT NULL,
  vendor boolean NOT NULL,
  customer boolean NOT NULL,
  description varchar,
  address varchar,
  phones varchar,
  smtp_connection_id integer,
  external_id bigint,
  CONSTRAINT contractors_pkey PRIMARY KEY (id),
  CONSTRAINT contractors_name_key UNIQUE (name),
  CONSTRAINT contractors_external_id_key UNIQUE (external_id)
);

CREATE TABLE billing.currencies (
  id smallserial NOT NULL,
  name varchar NOT NULL,
  rate double precision NOT NULL,
  rate_provider_id smallint,
  CONSTRAINT currencies_pkey PRIMARY KEY (id),
  CONSTRAINT currencies_name_key UNIQUE (name)
);

CREATE TABLE billing.accounts (
  id serial NOT NULL,
  contractor_id integer NOT NULL,
  balance numeric NOT NULL,
  min_balance numeric NOT NULL,
  max_balance numeric NOT NULL,
  name varchar NOT NULL,
  origination_capacity smallint,
  termination_capacity smallint,
  invoice_period_id smallint,
  invoice_template_id integer,
  next_invoice_at timestamptz,
  send_invoices_to integer[],
  next_invoice_type_id smallint,
  uuid uuid NOT NULL DEFAULT gen_random_uuid(),
  external_id bigint,
  vat numeric NOT NULL DEFAULT 0,
  total_capacity smallint,
  destination_rate_limit numeric,
  max_call_duration integer,
  invoice_ref_template varchar NOT NULL DEFAULT '$id',
  timezone varchar NOT NULL DEFAULT 'UTC',
  currency_id smallint NOT NULL,
  currency_name varchar NOT NULL,
  CONSTRAINT accounts_pkey PRIMARY KEY (id),
  CONSTRAINT accounts_uuid_key UNIQUE (uuid),
  CONSTRAINT accounts_name_key UNIQUE (name),
  CONSTRAINT accounts_external_id_key UNIQUE (external_id),
  CONSTRAINT accounts_contractor_id_fkey FOREIGN KEY (contractor_id) REFERENCES public.contractors (id),
  CONSTRAINT accounts_currency_id_fkey FOREIGN KEY (currency_id) REFERENCES billing.currencies (id),
  CONSTRAINT accounts_origination_capacity_check CHECK (origination_capacity > 0),
  CONSTRAINT accounts_termination_capacity_check CHECK (termination_capacity > 0),
  CONSTRAINT accounts_total_capacity_check CHECK (total_capacity > 0)
);
CREATE INDEX accounts_contractor_id_idx ON billing.accounts (contractor_id);
CREATE INDEX accounts_currency_id_idx ON billing.accounts (currency_id);

CREATE TABLE billing.account_balance_notification_settings (
  id bigserial NOT NULL,
  account_id bigint NOT NULL,
  low_threshold numeric,
  high_threshold numeric,
  state_id smallint NOT NULL DEFAULT 0,
  send_to integer[],
  CONSTRAINT account_balance_notification_settings_pkey PRIMARY KEY (id),
  CONSTRAINT account_balance_notification_settings_account_id_key UNIQUE (account_id),
  CONSTRAINT account_balance_notification_settings_account_id_fkey FOREIGN KEY (account_id) REFERENCES billing.accounts (id)
);

CREATE TABLE class4.rateplans (
  id serial NOT NULL,
  name varchar,
  profit_control_mode_id smallint NOT NULL DEFAULT 1,
  send_quality_alarms_to integer[],
  uuid uuid NOT NULL DEFAULT gen_random_uuid(),
  external_id bigint,
  CONSTRAINT rateplans_pkey PRIMARY KEY (id),
  CONSTRAINT rateplans_uuid_key UNIQUE (uuid),
  CONSTRAINT rateplans_name_key UNIQUE (name),
  CONSTRAINT rateplans_external_id_key UNIQUE (external_id)
);

CREATE TABLE class4.rate_groups (
  id serial NOT NULL,
  name varchar NOT NULL,
  external_id bigint,
  CONSTRAINT rate_groups_pkey PRIMARY KEY (id),
  CONSTRAINT rate_groups_name_key UNIQUE (name),
  CONSTRAINT rate_groups_external_id_key UNIQUE (external_id)
);

CREATE TABLE class4.rate_plan_groups (
  id serial NOT NULL,
  rateplan_id integer NOT NULL,
  rate_group_id integer NOT NULL,
  CONSTRAINT rate_plan_groups_pkey PRIMARY KEY (id),
  CONSTRAINT rate_plan_groups_rateplan_id_rate_group_id_key UNIQUE (rateplan_id, rate_group_id),
  CONSTRAINT rate_plan_groups_rateplan_id_fkey FOREIGN KEY (rateplan_id) REFERENCES class4.rateplans (id),
  CONSTRAINT rate_plan_groups_rate_group_id_fkey FOREIGN KEY (rate_group_id) REFERENCES class4.rate_groups (id)
);

CREATE TABLE class4.destinations (
  id bigserial NOT NULL,
  enabled boolean NOT NULL,
  prefix varchar NOT NULL,
  rate_group_id integer NOT NULL,
  next_rate numeric NOT NULL,
  connect_fee numeric DEFAULT 0.0,
  initial_interval integer NOT NULL DEFAULT 1,
  next_interval integer NOT NULL DEFAULT 1,
  dp_margin_fixed numeric NOT NULL DEFAULT 0,
  dp_margin_percent numeric NOT NULL DEFAULT 0,
  rate_policy_id integer NOT NULL DEFAULT 1,
  initial_rate numeric NOT NULL,
  reject_calls boolean NOT NULL DEFAULT false,
  use_dp_intervals boolean NOT NULL DEFAULT false,
  valid_from timestamptz NOT NULL,
  valid_till timestamptz NOT NULL,
  profit_control_mode_id smallint,
  network_prefix_id integer,
  external_id bigint,
  asr_limit real NOT NULL DEFAULT 0,
  acd_limit real NOT NULL DEFAULT 0,
  short_calls_limit real NOT NULL DEFAULT 0,
  quality_alarm boolean NOT NULL DEFAULT false,
  uuid uuid NOT NULL DEFAULT gen_random_uuid(),
  dst_number_min_length smallint NOT NULL DEFAULT 0,
  dst_number_max_length smallint NOT NULL DEFAULT 100,
  reverse_billing boolean NOT NULL DEFAULT false,
  routing_tag_ids smallint[] NOT NULL DEFAULT '{}',
  routing_tag_mode_id smallint NOT NULL DEFAULT 0,
  allow_package_billing boolean NOT NULL DEFAULT false,
  cdo smallint,
  scheduler_id smallint,
  currency_id smallint NOT NULL,
  attempt_fee numeric NOT NULL DEFAULT 0.0,
  CONSTRAINT destinations_pkey PRIMARY KEY (id),
  CONSTRAINT destinations_uuid_key UNIQUE (uuid),
  CONSTRAINT destinations_rate_group_id_fkey FOREIGN KEY (rate_group_id) REFERENCES class4.rate_groups (id),
  CONSTRAINT destinations_currency_id_fkey FOREIGN KEY (currency_id) REFERENCES billing.currencies (id)
);
CREATE INDEX destinations_prefix_idx ON class4.destinations (prefix);
CREATE INDEX destinations_scheduler_id_idx ON class4.destinations (scheduler_id);

CREATE TABLE class4.customers_auth (
  id serial NOT NULL,
  customer_id integer NOT NULL,
  rateplan_id integer NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  account_id integer,
  gateway_id integer NOT NULL,
  name varchar NOT NULL,
  dst_numberlist_id integer,
  src_numberlist_id integer,
  routing_plan_id integer NOT NULL,
  enable_audio_recording boolean NOT NULL DEFAULT false,
  external_id bigint,
  reject_calls boolean NOT NULL DEFAULT false,
  external_type varchar,
  CONSTRAINT customers_auth_pkey PRIMARY KEY (id),
  CONSTRAINT customers_auth_name_key UNIQUE (name),
  CONSTRAINT customers_auth_external_id_external_type_key UNIQUE (external_id, external_type),
  CONSTRAINT customers_auth_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.contractors (id),
  CONSTRAINT customers_auth_account_id_fkey FOREIGN KEY (account_id) REFERENCES billing.accounts (id),
  CONSTRAINT customers_auth_rateplan_id_fkey FOREIGN KEY (rateplan_id) REFERENCES class4.rateplans (id)
);
CREATE INDEX customers_auth_customer_id_idx ON class4.customers_auth (customer_id);
CREATE INDEX customers_auth_account_id_idx ON class4.customers_auth (account_id);
CREATE INDEX customers_auth_dst_numberlist_id_idx ON class4.customers_auth (dst_numberlist_id);
CREATE INDEX customers_auth_src_numberlist_id_idx ON class4.customers_auth (src_numberlist_id);
CREATE UNIQUE INDEX customers_auth_external_id_idx ON class4.customers_auth (external_id) WHERE external_type IS NULL;

CREATE TABLE class4.transport_protocols (
  id smallint NOT NULL,
  name varchar NOT NULL,
  CONSTRAINT transport_protocols_pkey PRIMARY KEY (id),
  CONSTRAINT transport_protocols_name_key UNIQUE (name)
);

CREATE TABLE sys.countries (
  id serial NOT NULL,
  name varchar NOT NULL,
  iso2 varchar(2) NOT NULL,
  CONSTRAINT countries_pkey PRIMARY KEY (id),
  CONSTRAINT countries_name_key UNIQUE (name)
);

CREATE TABLE sys.network_types (
  id smallserial NOT NULL,
  name varchar NOT NULL,
  uuid uuid NOT NULL DEFAULT gen_random_uuid(),
  sorting_priority smallint NOT NULL DEFAULT 999,
  CONSTRAINT network_types_pkey PRIMARY KEY (id),
  CONSTRAINT network_types_name_key UNIQUE (name),
  CONSTRAINT network_types_uuid_key UNIQUE (uuid)
);

CREATE TABLE sys.networks (
  id serial NOT NULL,
  name varchar NOT NULL,
  type_id smallint NOT NULL,
  uuid uuid NOT NULL DEFAULT gen_random_uuid(),
  CONSTRAINT networks_pkey PRIMARY KEY (id),
  CONSTRAINT networks_name_key UNIQUE (name),
  CONSTRAINT networks_uuid_key UNIQUE (uuid),
  CONSTRAINT networks_type_id_fkey FOREIGN KEY (type_id) REFERENCES sys.network_types (id)
);

CREATE TABLE sys.network_prefixes (
  id serial NOT NULL,
  prefix varchar NOT NULL,
  network_id integer,
  country_id integer,
  number_min_length smallint NOT NULL DEFAULT 0,
  number_max_length smallint NOT NULL DEFAULT 100,
  uuid uuid NOT NULL DEFAULT gen_random_uuid(),
  CONSTRAINT network_prefixes_pkey PRIMARY KEY (id),
  CONSTRAINT network_prefixes_uuid_key UNIQUE (uuid),
  CONSTRAINT network_prefixes_prefix_length_key UNIQUE (prefix, number_min_length, number_max_length),
  CONSTRAINT network_prefixes_network_id_fkey FOREIGN KEY (network_id) REFERENCES sys.networks (id),
  CONSTRAINT network_prefixes_country_id_fkey FOREIGN KEY (country_id) REFERENCES sys.countries (id)
);
CREATE INDEX network_prefixes_network_id_idx ON sys.network_prefixes (network_id);

CREATE TABLE sys.customer_portal_access_profiles (
  id smallserial NOT NULL,
  name varchar NOT NULL,
  account boolean NOT NULL DEFAULT true,
  outgoing_rateplans boolean NOT NULL DEFAULT true,
  outgoing_cdrs boolean NOT NULL DEFAULT true,
  outgoing_cdr_exports boolean NOT NULL DEFAULT true,
  outgoing_statistics boolean NOT NULL DEFAULT true,
  outgoing_statistics_active_calls boolean NOT NULL DEFAULT true,
  outgoing_statistics_acd boolean NOT NULL DEFAULT true,
  outgoing_statistics_asr boolean NOT NULL DEFAULT true,
  outgoing_statistics_failed_calls boolean NOT NULL DEFAULT true,
  outgoing_statistics_successful_calls boolean NOT NULL DEFAULT true,
  outgoing_statistics_total_calls boolean NOT NULL DEFAULT true,
  outgoing_statistics_total_duration boolean NOT NULL DEFAULT true,
  outgoing_statistics_total_price boolean NOT NULL DEFAULT true,
  incoming_cdrs boolean NOT NULL DEFAULT true,
  incoming_statistics boolean NOT NULL DEFAULT true,
  invoices boolean NOT NULL DEFAULT true,
  payments boolean NOT NULL DEFAULT true,
  services boolean NOT NULL DEFAULT true,
  transactions boolean NOT NULL DEFAULT true,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL,
  outgoing_numberlists boolean NOT NULL DEFAULT true,
  payments_cryptomus boolean NOT NULL DEFAULT false,
  outgoing_statistics_acd_value boolean NOT NULL DEFAULT true,
  outgoing_statistics_asr_value boolean NOT NULL DEFAULT true,
  outgoing_statistics_failed_calls_value boolean NOT NULL DEFAULT true,
  outgoing_statistics_successful_calls_value boolean NOT NULL DEFAULT true,
  outgoing_statistics_total_calls_value boolean NOT NULL DEFAULT true,
  outgoing_statistics_total_duration_value boolean NOT NULL DEFAULT true,
  outgoing_statistics_total_price_value boolean NOT NULL DEFAULT true,
  incoming_statistics_active_calls boolean NOT NULL DEFAULT true,
  incoming_statistics_acd boolean NOT NULL DEFAULT true,
  incoming_statistics_asr boolean NOT NULL DEFAULT true,
  incoming_statistics_failed_calls boolean NOT NULL DEFAULT true,
  incoming_statistics_successful_calls boolean NOT NULL DEFAULT true,
  incoming_statistics_total_calls boolean NOT NULL DEFAULT true,
  incoming_statistics_total_duration boolean NOT NULL DEFAULT true,
  incoming_statistics_total_price boolean NOT NULL DEFAULT true,
  incoming_statistics_acd_value boolean NOT NULL DEFAULT true,
  incoming_statistics_asr_value boolean NOT NULL DEFAULT true,
  incoming_statistics_failed_calls_value boolean NOT NULL DEFAULT true,
  incoming_statistics_successful_calls_value boolean NOT NULL DEFAULT true,
  incoming_statistics_total_calls_value boolean NOT NULL DEFAULT true,
  incoming_statistics_total_duration_value boolean NOT NULL DEFAULT true,
  incoming_statistics_total_price_value boolean NOT NULL DEFAULT true,
  outgoing_active_calls boolean NOT NULL DEFAULT true,
  allow_listen_recording boolean NOT NULL DEFAULT false,
  webrtc_dialer boolean NOT NULL DEFAULT true,
  CONSTRAINT customer_portal_access_profiles_pkey PRIMARY KEY (id),
  CONSTRAINT customer_portal_access_profiles_name_key UNIQUE (name)
);

CREATE TABLE sys.api_access (
  id serial NOT NULL,
  customer_id integer NOT NULL,
  login varchar NOT NULL,
  password_digest varchar NOT NULL,
  account_ids integer[] NOT NULL DEFAULT '{}',
  allowed_ips inet[] NOT NULL DEFAULT '{0.0.0.0/0,::/0}',
  created_at timestamptz,
  updated_at timestamptz,
  provision_gateway_id integer,
  allow_outgoing_numberlists_ids integer[] NOT NULL DEFAULT '{}',
  customer_portal_access_profile_id smallint NOT NULL DEFAULT 1,
  CONSTRAINT api_access_pkey PRIMARY KEY (id),
  CONSTRAINT api_access_login_key UNIQUE (login),
  CONSTRAINT api_access_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.contractors (id),
  CONSTRAINT api_access_customer_portal_access_profile_id_fkey FOREIGN KEY (customer_portal_access_profile_id) REFERENCES sys.customer_portal_access_profiles (id)
);
CREATE INDEX api_access_customer_id_idx ON sys.api_access (customer_id);
CREATE INDEX api_access_provision_gateway_id_idx ON sys.api_access (provision_gateway_id);
CREATE INDEX api_access_customer_portal_access_profile_id_idx ON sys.api_access (customer_portal_access_profile_id);

CREATE TABLE gui.admin_users (
  id serial NOT NULL,
  encrypted_password varchar(255) NOT NULL DEFAULT '',
  reset_password_token varchar,
  reset_password_sent_at timestamptz,
  remember_created_at timestamptz,
  sign_in_count integer DEFAULT 0,
  current_sign_in_at timestamptz,
  last_sign_in_at timestamptz,
  current_sign_in_ip varchar,
  last_sign_in_ip varchar,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  enabled boolean DEFAULT true,
  username varchar NOT NULL,
  visible_columns json NOT NULL DEFAULT '{}',
  saved_filters json NOT NULL DEFAULT '{}',
  roles varchar[] NOT NULL,
  allowed_ips inet[],
  provider varchar,
  uid varchar,
  oidc_raw_info jsonb,
  per_page jsonb NOT NULL DEFAULT '{}',
  saved_sortings jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT admin_users_pkey PRIMARY KEY (id),
  CONSTRAINT admin_users_username_key UNIQUE (username),
  CONSTRAINT admin_users_reset_password_token_key UNIQUE (reset_password_token)
);
CREATE UNIQUE INDEX admin_users_provider_uid_idx ON gui.admin_users (provider, uid) WHERE provider IS NOT NULL AND uid IS NOT NULL;
