import { createHmac } from 'node:crypto'
import pg from 'pg'

/**
 * As whom the gateway itself connects. It reads and writes rows and owns nothing, so that what the audit log forbids is
 * forbidden to the gateway too.
 */
export const gatewayRole = 'portal_gateway'

/** Needs no file of its own. */
export function gatewayPassword(superuserPassword: string): string {
  return createHmac('sha256', superuserPassword).update(gatewayRole).digest('hex')
}

/** Once for all databases of the server. */
export async function createGatewayRole(client: pg.Client, superuserPassword: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [gatewayRole])
  if (rowCount !== 0) return
  // The queue's tables show their rows to nobody but their owner, and to whom row security does not concern.
  const password = client.escapeLiteral(gatewayPassword(superuserPassword))
  await client.query(`CREATE ROLE ${gatewayRole} LOGIN BYPASSRLS PASSWORD ${password}`)
}

/** Gives the role its rights in one database, after its migrations; also on what its owner makes there later. */
export async function grantToGateway(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl, options: '-c synchronous_commit=on' })
  await client.connect()
  try {
    const { rows } = await client.query<{ granted: boolean }>(isGranted)
    if (rows[0]?.granted !== true) await client.query(grants)
  } finally {
    await client.end()
  }
}

/** Looks at what is granted last. */
const isGranted = `
  SELECT NOT coalesce(has_table_privilege('${gatewayRole}', to_regclass('portal.audit_log'), 'UPDATE, DELETE'), false)
    AND EXISTS (
      SELECT FROM pg_default_acl, aclexplode(defaclacl)
      WHERE defaclrole = current_user::regrole AND grantee = '${gatewayRole}'::regrole AND defaclobjtype = 'r'
    ) AS granted`

/** Several statements at once are one transaction. */
const grants = `
  DO $$
  DECLARE
    existing name;
  BEGIN
    FOR existing IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
      EXECUTE format('GRANT USAGE ON SCHEMA %I TO ${gatewayRole}', existing);
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO ${gatewayRole}', existing);
      EXECUTE format('GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA %I TO ${gatewayRole}', existing);
    END LOOP;
    IF to_regclass('portal.audit_log') IS NOT NULL THEN
      REVOKE UPDATE, DELETE ON portal.audit_log FROM ${gatewayRole};
    END IF;
  END
  $$;
  ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO ${gatewayRole};
  ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO ${gatewayRole};
  ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${gatewayRole};`
