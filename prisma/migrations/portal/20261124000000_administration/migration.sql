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
  -- The subject once more, by its kind: what links lead to.
  profile_id integer GENERATED ALWAYS AS (CASE subject_kind WHEN 'access_profile' THEN subject_id END) STORED,
  login_id integer GENERATED ALWAYS AS (CASE subject_kind WHEN 'portal_login' THEN subject_id END) STORED,
  CONSTRAINT audit_log_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_log_created_at_idx ON portal.audit_log (created_at, id);
CREATE INDEX audit_log_subject_idx ON portal.audit_log (subject_kind, subject_id, created_at);
CREATE INDEX audit_log_actor_idx ON portal.audit_log (actor_kind, actor_id, created_at);
CREATE INDEX audit_log_profile_id_idx ON portal.audit_log (profile_id, created_at) WHERE profile_id IS NOT NULL;
CREATE INDEX audit_log_login_id_idx ON portal.audit_log (login_id, created_at) WHERE login_id IS NOT NULL;

-- Not even the owner changes what was written, unless by lifting this first; docs/audit-log.sql gives the table to a role
-- that the gateway is not. For each statement, also one that meets no row.
CREATE FUNCTION portal.refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'portal.audit_log is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON portal.audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION portal.refuse_audit_change();
-- Also where a superuser applies changes as a replica does.
ALTER TABLE portal.audit_log ENABLE ALWAYS TRIGGER audit_log_append_only;
