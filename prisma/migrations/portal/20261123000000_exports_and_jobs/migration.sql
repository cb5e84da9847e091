-- What the gateway knows of the exports that it makes; Yeti's own sys.cdr_exports has the rest. An export without a row
-- here was made by Yeti.
CREATE TABLE portal.cdr_exports (
  -- sys.cdr_exports.id; no foreign key, which would need rights on Yeti's table.
  export_id integer NOT NULL,
  attempts smallint NOT NULL DEFAULT 0,
  -- So far; the final number is in sys.cdr_exports.rows_count.
  rows_written bigint NOT NULL DEFAULT 0,
  -- How far back in time the rows have come: they are read from the newest to the oldest.
  written_until timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  -- When the file is removed; null: never.
  expires_at timestamptz,
  CONSTRAINT cdr_exports_pkey PRIMARY KEY (export_id)
);
CREATE INDEX cdr_exports_expires_at_idx ON portal.cdr_exports (expires_at);

-- The calls in progress as the switch reported them at its last snapshot, where there is no ClickHouse for its reports.
-- Names as in ClickHouse's active_calls.
CREATE TABLE portal.active_calls (
  snapshot_timestamp timestamptz NOT NULL,
  id bigint NOT NULL,
  start_time timestamptz NOT NULL,
  connect_time timestamptz,
  customer_id integer NOT NULL,
  customer_acc_id integer NOT NULL,
  vendor_id integer,
  vendor_acc_id integer,
  destination_prefix varchar,
  destination_initial_interval integer,
  destination_initial_rate numeric,
  destination_next_interval integer,
  destination_next_rate numeric,
  destination_fee numeric,
  src_name_in varchar,
  src_prefix_in varchar,
  dst_prefix_in varchar,
  src_prefix_routing varchar,
  dst_prefix_routing varchar,
  from_domain varchar,
  to_domain varchar,
  ruri_domain varchar,
  diversion_in varchar,
  pai_in varchar,
  ppi_in varchar,
  privacy_in varchar,
  rpid_in varchar,
  rpid_privacy_in varchar,
  auth_orig_transport_protocol_id smallint,
  auth_orig_ip inet,
  auth_orig_port integer,
  src_country_id integer,
  dst_country_id integer,
  CONSTRAINT active_calls_pkey PRIMARY KEY (snapshot_timestamp, id)
);
CREATE INDEX active_calls_customer_acc_id_idx ON portal.active_calls (customer_acc_id, snapshot_timestamp);

-- Where graphile-worker keeps account of its own tables, which it makes here by itself. Made by us, since it would
-- otherwise ask for the schema to be created, which takes more rights than there may be.
CREATE TABLE portal.migrations (
  id integer NOT NULL,
  ts timestamptz NOT NULL DEFAULT now(),
  breaking boolean NOT NULL DEFAULT false,
  CONSTRAINT migrations_pkey PRIMARY KEY (id)
);
