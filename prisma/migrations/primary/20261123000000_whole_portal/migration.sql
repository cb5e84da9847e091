-- The tables behind numberlists, payments, services, transactions, exports, call tokens and the rate check, with the
-- same three changes as in the first migration; and the foreign keys to them from tables that were here before.
CREATE TABLE class4.gateways (
  id serial NOT NULL,
  contractor_id integer NOT NULL,
  enabled boolean NOT NULL,
  name varchar NOT NULL,
  uuid uuid NOT NULL DEFAULT gen_random_uuid(),
  incoming_auth_allow_jwt boolean NOT NULL DEFAULT false,
  CONSTRAINT gateways_pkey PRIMARY KEY (id),
  CONSTRAINT gateways_name_key UNIQUE (name),
  CONSTRAINT gateways_contractor_id_fkey FOREIGN KEY (contractor_id) REFERENCES public.contractors (id)
);

CREATE TABLE class4.routing_tags (
  id smallserial NOT NULL,
  name varchar NOT NULL,
  CONSTRAINT routing_tags_pkey PRIMARY KEY (id),
  CONSTRAINT routing_tags_name_key UNIQUE (name)
);

-- Sequences of Yeti's are called after the tables' former names.
CREATE SEQUENCE class4.blacklists_id_seq AS integer;
CREATE TABLE class4.numberlists (
  id integer NOT NULL DEFAULT nextval('class4.blacklists_id_seq'),
  name varchar NOT NULL,
  created_at timestamptz,
  updated_at timestamptz,
  mode_id smallint NOT NULL DEFAULT 1,
  default_action_id smallint NOT NULL DEFAULT 1,
  default_src_rewrite_rule varchar,
  default_src_rewrite_result varchar,
  default_dst_rewrite_rule varchar,
  default_dst_rewrite_result varchar,
  tag_action_id smallint,
  tag_action_value smallint[] NOT NULL DEFAULT '{}',
  lua_script_id smallint,
  external_id bigint,
  external_type varchar,
  defer_src_rewrite boolean NOT NULL DEFAULT false,
  defer_dst_rewrite boolean NOT NULL DEFAULT false,
  rewrite_ss_status_id smallint,
  variables jsonb,
  CONSTRAINT numberlists_pkey PRIMARY KEY (id),
  CONSTRAINT numberlists_name_key UNIQUE (name),
  CONSTRAINT numberlists_external_id_external_type_key UNIQUE (external_id, external_type)
);
ALTER SEQUENCE class4.blacklists_id_seq OWNED BY class4.numberlists.id;
CREATE UNIQUE INDEX numberlists_external_id_idx ON class4.numberlists (external_id) WHERE external_type IS NULL;

CREATE SEQUENCE class4.blacklist_items_id_seq;
CREATE TABLE class4.numberlist_items (
  id bigint NOT NULL DEFAULT nextval('class4.blacklist_items_id_seq'),
  numberlist_id integer NOT NULL,
  key varchar NOT NULL,
  created_at timestamptz,
  updated_at timestamptz,
  action_id smallint,
  src_rewrite_rule varchar,
  src_rewrite_result varchar,
  dst_rewrite_rule varchar,
  dst_rewrite_result varchar,
  tag_action_id smallint,
  tag_action_value smallint[] NOT NULL DEFAULT '{}',
  number_min_length smallint NOT NULL DEFAULT 0,
  number_max_length smallint NOT NULL DEFAULT 100,
  lua_script_id smallint,
  defer_src_rewrite boolean NOT NULL DEFAULT false,
  defer_dst_rewrite boolean NOT NULL DEFAULT false,
  rewrite_ss_status_id smallint,
  variables jsonb,
  CONSTRAINT numberlist_items_pkey PRIMARY KEY (id),
  CONSTRAINT numberlist_items_numberlist_id_key_key UNIQUE (numberlist_id, key),
  CONSTRAINT numberlist_items_numberlist_id_id_key UNIQUE (numberlist_id, id),
  CONSTRAINT numberlist_items_numberlist_id_fkey FOREIGN KEY (numberlist_id) REFERENCES class4.numberlists (id)
);
ALTER SEQUENCE class4.blacklist_items_id_seq OWNED BY class4.numberlist_items.id;

CREATE TABLE billing.payments (
  account_id integer NOT NULL,
  amount numeric NOT NULL,
  notes varchar,
  id bigserial NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  uuid uuid NOT NULL DEFAULT gen_random_uuid(),
  private_notes varchar,
  status_id smallint NOT NULL DEFAULT 20,
  type_id smallint NOT NULL DEFAULT 20,
  balance_before_payment numeric,
  rolledback_at timestamptz,
  metadata jsonb,
  currency_id smallint NOT NULL,
  CONSTRAINT payments_pkey PRIMARY KEY (id),
  CONSTRAINT payments_uuid_key UNIQUE (uuid),
  CONSTRAINT payments_account_id_fkey FOREIGN KEY (account_id) REFERENCES billing.accounts (id),
  CONSTRAINT payments_currency_id_fkey FOREIGN KEY (currency_id) REFERENCES billing.currencies (id)
);
CREATE INDEX payments_account_id_idx ON billing.payments (account_id);

CREATE TABLE billing.service_types (
  id smallserial NOT NULL,
  name varchar NOT NULL,
  provisioning_class varchar,
  variables jsonb,
  force_renew boolean NOT NULL DEFAULT false,
  ui_type varchar,
  CONSTRAINT service_types_pkey PRIMARY KEY (id),
  CONSTRAINT service_types_name_key UNIQUE (name)
);

CREATE TABLE billing.services (
  id bigserial NOT NULL,
  uuid uuid NOT NULL DEFAULT gen_random_uuid(),
  type_id smallint NOT NULL,
  account_id integer NOT NULL,
  name varchar,
  variables jsonb,
  state_id smallint NOT NULL DEFAULT 10,
  created_at timestamptz NOT NULL DEFAULT now(),
  renew_at timestamptz,
  renew_period_id smallint,
  initial_price numeric NOT NULL,
  renew_price numeric NOT NULL,
  CONSTRAINT services_pkey PRIMARY KEY (id),
  CONSTRAINT services_account_id_fkey FOREIGN KEY (account_id) REFERENCES billing.accounts (id),
  CONSTRAINT services_type_id_fkey FOREIGN KEY (type_id) REFERENCES billing.service_types (id)
);
CREATE INDEX services_uuid_idx ON billing.services (uuid);
CREATE INDEX services_account_id_idx ON billing.services (account_id);
CREATE INDEX services_type_id_idx ON billing.services (type_id);
CREATE INDEX services_renew_at_idx ON billing.services (renew_at);

-- No foreign key on service_id: the service may be gone.
CREATE TABLE billing.transactions (
  id bigserial NOT NULL,
  uuid uuid NOT NULL DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT now(),
  account_id integer NOT NULL,
  service_id bigint,
  amount numeric NOT NULL,
  description varchar,
  CONSTRAINT transactions_pkey PRIMARY KEY (id),
  CONSTRAINT transactions_account_id_fkey FOREIGN KEY (account_id) REFERENCES billing.accounts (id)
);
CREATE INDEX transactions_uuid_idx ON billing.transactions (uuid);
CREATE INDEX transactions_account_id_idx ON billing.transactions (account_id);
CREATE INDEX transactions_service_id_idx ON billing.transactions (service_id);

CREATE TABLE sys.cdr_exports (
  id serial NOT NULL,
  status varchar NOT NULL,
  fields varchar[] NOT NULL DEFAULT '{}',
  filters json NOT NULL DEFAULT '{}',
  callback_url varchar,
  type varchar NOT NULL,
  created_at timestamp,
  updated_at timestamp,
  rows_count integer,
  customer_account_id integer,
  uuid uuid NOT NULL DEFAULT gen_random_uuid(),
  time_format varchar NOT NULL DEFAULT 'with_timezone',
  time_zone_name varchar,
  CONSTRAINT cdr_exports_pkey PRIMARY KEY (id),
  CONSTRAINT cdr_exports_customer_account_id_fkey FOREIGN KEY (customer_account_id) REFERENCES billing.accounts (id)
);
CREATE UNIQUE INDEX cdr_exports_uuid_idx ON sys.cdr_exports (uuid);
CREATE INDEX cdr_exports_customer_account_id_idx ON sys.cdr_exports (customer_account_id);

-- The demo of an earlier version names gateways that were not here yet.
INSERT INTO class4.gateways (id, contractor_id, enabled, name)
SELECT gateway_id, min(customer_id), true, 'Gateway ' || gateway_id FROM class4.customers_auth GROUP BY gateway_id;
SELECT setval('class4.gateways_id_seq', greatest(max(id), 1), max(id) IS NOT NULL) FROM class4.gateways;

ALTER TABLE class4.customers_auth
  ADD CONSTRAINT customers_auth_gateway_id_fkey FOREIGN KEY (gateway_id) REFERENCES class4.gateways (id),
  ADD CONSTRAINT customers_auth_dst_numberlist_id_fkey FOREIGN KEY (dst_numberlist_id) REFERENCES class4.numberlists (id),
  ADD CONSTRAINT customers_auth_src_numberlist_id_fkey FOREIGN KEY (src_numberlist_id) REFERENCES class4.numberlists (id);
ALTER TABLE sys.api_access
  ADD CONSTRAINT api_access_provision_gateway_id_fkey FOREIGN KEY (provision_gateway_id) REFERENCES class4.gateways (id);
