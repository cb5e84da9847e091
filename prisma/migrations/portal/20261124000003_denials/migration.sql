-- How often who was denied what, by the day in UTC. An operation counts once for each permission that it was denied.
CREATE TABLE portal.denials (
  id bigint GENERATED ALWAYS AS IDENTITY,
  day date NOT NULL,
  -- login, dynamic_token, admin, acting_admin, anonymous.
  viewer_kind text NOT NULL,
  -- sys.api_access.id; null but for a login.
  login_id integer,
  -- gui.admin_users.id; null but for administrators, also those who act as a login.
  admin_id integer,
  -- The login, the administrator, or the customer of a dynamic token, as it was called; empty for nobody.
  viewer_name text NOT NULL,
  -- The flag, or what else was missing, as errors name it: OUTGOING_CDRS, ADMIN, UNAUTHENTICATED.
  permission text NOT NULL,
  count bigint NOT NULL,
  CONSTRAINT denials_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX denials_key
  ON portal.denials (day, viewer_kind, (coalesce(login_id, admin_id, 0)), viewer_name, permission);
-- As lists read it: days are moments there.
CREATE INDEX denials_day_idx ON portal.denials ((day::timestamp AT TIME ZONE 'UTC'), id);
CREATE INDEX denials_login_id_idx ON portal.denials (login_id) WHERE login_id IS NOT NULL;
