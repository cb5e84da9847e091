-- The two tables that Yeti's CDR processor and its switches write, with the columns that Yeti's reports and the gateway
-- read. Yeti ships no definition of them: who has them keeps theirs. What is sent besides needs
-- input_format_skip_unknown_fields=1 in the writers' profile, or a column here.

CREATE TABLE IF NOT EXISTS cdrs
(
    time_start DateTime('UTC'),
    date_start Date,
    customer_acc_id UInt32,
    vendor_acc_id UInt32,
    is_last_cdr UInt8,
    duration Int32,
    customer_duration Int32,
    vendor_duration Int32,
    customer_price Float64,
    vendor_price Float64,
    src_country_id UInt32,
    dst_country_id UInt32,
    src_prefix_routing String,
    dst_prefix_routing String,
    auth_orig_ip String
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time_start)
ORDER BY (customer_acc_id, time_start);

-- Reports of vendors look for the other account.
ALTER TABLE cdrs ADD INDEX IF NOT EXISTS vendor vendor_acc_id TYPE set(100) GRANULARITY 4;

CREATE TABLE IF NOT EXISTS active_calls
(
    snapshot_timestamp DateTime('UTC'),
    snapshot_date Date,
    id UInt64,
    node_id Int32,
    buffered UInt8,
    start_time DateTime('UTC'),
    connect_time Nullable(DateTime('UTC')),
    customer_id Int32,
    customer_acc_id UInt32,
    vendor_id UInt32,
    vendor_acc_id UInt32,
    destination_prefix String,
    destination_initial_rate Decimal(20, 10),
    destination_next_rate Decimal(20, 10),
    destination_fee Decimal(20, 10),
    destination_initial_interval Int32,
    destination_next_interval Int32,
    src_name_in String,
    src_prefix_in String,
    dst_prefix_in String,
    src_prefix_routing String,
    dst_prefix_routing String,
    from_domain String,
    to_domain String,
    ruri_domain String,
    diversion_in Nullable(String),
    pai_in Nullable(String),
    ppi_in Nullable(String),
    privacy_in Nullable(String),
    rpid_in Nullable(String),
    rpid_privacy_in Nullable(String),
    auth_orig_transport_protocol_id Int8,
    auth_orig_ip String,
    auth_orig_port Int32,
    src_country_id UInt32,
    dst_country_id UInt32
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(snapshot_timestamp)
ORDER BY (snapshot_timestamp, customer_acc_id)
TTL snapshot_timestamp + INTERVAL 3 MONTH;
