-- The gateway's own state. The only schema of ours in an existing Yeti database.
-- IF NOT EXISTS would need the right to create schemas even where an administrator has made it already.
DO $$
BEGIN
  IF to_regnamespace('portal') IS NULL THEN
    CREATE SCHEMA portal;
  END IF;
END
$$;

-- Tokens that are refused although their signature is good; without expires_at for ever.
CREATE TABLE portal.revoked_sessions (
  key text NOT NULL,
  expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT revoked_sessions_pkey PRIMARY KEY (key)
);
CREATE INDEX revoked_sessions_expires_at_idx ON portal.revoked_sessions (expires_at);

-- The layout that RateLimiterPostgres of rate-limiter-flexible expects; expire is in milliseconds since 1970.
CREATE TABLE portal.rate_limits (
  key varchar(255) NOT NULL,
  points integer NOT NULL DEFAULT 0,
  expire bigint,
  CONSTRAINT rate_limits_pkey PRIMARY KEY (key)
);

-- One row at most: how far the demo data reach, and from which seed they were made.
CREATE TABLE portal.demo_state (
  id smallint NOT NULL,
  filled_until timestamptz NOT NULL,
  seed integer NOT NULL,
  CONSTRAINT demo_state_pkey PRIMARY KEY (id),
  CONSTRAINT demo_state_id_check CHECK (id = 1)
);
