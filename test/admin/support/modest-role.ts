import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'

/** A copy of the demo's primary database, and a role that may there what an operator would grant it. */
export interface ModestDatabase extends AsyncDisposable {
  /** For the role. */
  readonly url: string
  readonly role: string
  /** As a superuser. */
  readonly owner: pg.Pool
}

/** One database for both; Yeti's rows can be written, the schema `portal` is there and the role's own; `gui.versions` is only read. */
export async function modestDatabase(): Promise<ModestDatabase> {
  const role = `modest_${randomBytes(6).toString('hex')}`
  const server = new pg.Client({ connectionString: inject('serverUrl') })
  await server.connect()
  try {
    await server.query("SELECT pg_advisory_lock(hashtext('copy of a template'))")
    await server.query(`CREATE DATABASE ${role} TEMPLATE yeti`)
    await server.query(`CREATE ROLE ${role} LOGIN PASSWORD 'modest'`)
  } finally {
    await server.end()
  }
  const url = new URL(inject('serverUrl'))
  url.pathname = `/${role}`
  const owner = new pg.Pool({ connectionString: url.href, max: 2 })
  await owner.query(`DROP SCHEMA portal CASCADE; CREATE SCHEMA portal AUTHORIZATION ${role}`)
  // Enough of the CDR database for a gateway to start.
  await owner.query('CREATE SCHEMA cdr; CREATE TABLE cdr.cdr (id bigint)')
  for (const schema of ['cdr', 'sys', 'gui', 'billing', 'class4', 'public']) {
    await owner.query(
      `GRANT USAGE ON SCHEMA ${schema} TO ${role};
       GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role};
       GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role}`,
    )
  }
  await owner.query(`REVOKE INSERT, UPDATE, DELETE ON gui.versions FROM ${role}`)
  url.username = role
  url.password = 'modest'
  return { url: url.href, role, owner, [Symbol.asyncDispose]: () => owner.end() }
}
