-- Puts the audit log out of reach of the gateway's own role. To be run by a superuser in Yeti's primary database, once the
-- gateway has been started for the first time; a second time does no harm. portal_gateway is the role of DATABASE_URL;
-- nobody signs in as portal_owner.
DO $$
BEGIN
  IF to_regrole('portal_owner') IS NULL THEN
    CREATE ROLE portal_owner NOLOGIN;
  END IF;
END
$$;
-- Whoever owns the schema may drop what is in it. The gateway goes on making its other tables here.
ALTER SCHEMA portal OWNER TO portal_owner;
GRANT USAGE, CREATE ON SCHEMA portal TO portal_gateway;
ALTER FUNCTION portal.refuse_audit_change() OWNER TO portal_owner;
ALTER TABLE portal.audit_log OWNER TO portal_owner;
REVOKE ALL ON portal.audit_log FROM PUBLIC, portal_gateway;
GRANT SELECT, INSERT ON portal.audit_log TO portal_gateway;
