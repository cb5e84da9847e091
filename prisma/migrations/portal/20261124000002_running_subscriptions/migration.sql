-- What runs now, in all gateway processes: who foresees what a change of a profile would end asks here. Every process
-- writes its own again when they are gone, so neither table needs to outlive a crash of the server.

-- The processes in which a subscription runs.
CREATE UNLOGGED TABLE portal.gateway_processes (
  -- Made up by the process at its start.
  id uuid NOT NULL,
  -- For people: its machine and number there.
  name text NOT NULL,
  registered_at timestamptz NOT NULL DEFAULT now(),
  -- Its last word; one that has been silent for longer than it would be has died.
  seen_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT gateway_processes_pkey PRIMARY KEY (id)
);

CREATE UNLOGGED TABLE portal.running_subscriptions (
  process_id uuid NOT NULL,
  -- Counted by the process.
  id bigint NOT NULL,
  -- sys.api_access.id; null for a dynamic token, which has no login row.
  login_id integer,
  login_name text NOT NULL,
  access_profile_id integer NOT NULL,
  -- The client's own text.
  operation_name text,
  root_field text NOT NULL,
  started_at timestamptz NOT NULL,
  -- Flags of the profile, by their columns: the subscription ends when one of these is lost, …
  ends_without text[] NOT NULL,
  -- … and something of its answers becomes null when one of these is.
  loses_without text[] NOT NULL,
  CONSTRAINT running_subscriptions_pkey PRIMARY KEY (process_id, id),
  CONSTRAINT running_subscriptions_process_id_fkey FOREIGN KEY (process_id)
    REFERENCES portal.gateway_processes (id) ON DELETE CASCADE
);
CREATE INDEX running_subscriptions_access_profile_id_idx ON portal.running_subscriptions (access_profile_id);
