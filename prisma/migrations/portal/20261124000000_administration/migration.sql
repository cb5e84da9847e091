-- Who changed what: rows are added and read, never changed and never removed.
CREATE TABLE portal.audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- admin; no foreign key, since what somebody did outlives them.
  actor_kind text NOT NULL,
  actor_id integer,
  actor_name text NOT NULL,
  -- The client's, as the gateway saw it.
  address inet,
  action text NOT NULL,
  subject_kind text NOT NULL,
  subject_id integer,
  subject_name text,
  -- The columns of the subject that the change touched, by their names in Yeti; never a password or its digest.
  before jsonb,
  after jsonb,
  changed text[] NOT NULL DEFAULT '{}',
  CONSTRAINT audit_log_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_log_created_at_idx ON portal.audit_log (created_at);
CREATE INDEX audit_log_subject_idx ON portal.audit_log (subject_kind, subject_id, created_at);
CREATE INDEX audit_log_actor_idx ON portal.audit_log (actor_kind, actor_id, created_at);
