-- Logins that were signed out everywhere. Without a row: never. Rows stay: a token without an end must not come back.
CREATE TABLE portal.ended_logins (
  -- sys.api_access.id; no foreign key, which would need rights on Yeti's table.
  login_id integer NOT NULL,
  -- How often; the gateway's own tokens say how often it had been when they were issued.
  generation integer NOT NULL DEFAULT 1,
  -- The last time, for tokens that do not say: Yeti's.
  ended_at timestamptz NOT NULL,
  CONSTRAINT ended_logins_pkey PRIMARY KEY (login_id)
);
