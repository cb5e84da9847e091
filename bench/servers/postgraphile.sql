-- What PostGraphile builds its schema from: the columns of the page, and a function with the gateway's conditions.
BEGIN;
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;

CREATE VIEW bench.outgoing_cdr AS
SELECT
  id, time_start, time_connect, time_end, duration, success, src_prefix_routing, dst_prefix_routing, local_tag,
  destination_initial_interval, destination_initial_rate, destination_next_interval, destination_next_rate,
  destination_fee, destination_prefix, customer_price, customer_duration, src_name_in, src_prefix_in, dst_prefix_in,
  from_domain, to_domain, ruri_domain, lega_disconnect_code, lega_disconnect_reason, auth_orig_ip, auth_orig_port,
  orig_call_id, lega_user_agent, customer_id, is_last_cdr
FROM cdr.cdr;

CREATE FUNCTION bench.outgoing_cdrs(customer integer, since timestamptz) RETURNS SETOF bench.outgoing_cdr
LANGUAGE sql STABLE AS $$
  SELECT * FROM bench.outgoing_cdr
  WHERE customer_id = customer AND is_last_cdr AND time_start >= since
  ORDER BY time_start DESC, id DESC
$$;
COMMIT;
