import pg from 'pg'
import { inject } from 'vitest'

/** A database of a test's own. */
export interface Copy {
  /** As a superuser. */
  readonly url: string
  /** As whom gateways connect. */
  readonly gatewayUrl: string
}

export interface Copies {
  readonly primary: Copy
  readonly cdr: Copy
}

/** Copies of the two demo databases, or of two others that the run has prepared. */
export async function copyTemplates(templates = { primary: 'yeti', cdr: 'cdr' }): Promise<Copies> {
  const suffix = `${process.pid}_${Math.random().toString(36).slice(2, 10)}`
  return {
    primary: await copyOf(templates.primary, suffix, inject('serverUrl'), inject('gatewayUrl')),
    cdr: await copyOf(templates.cdr, suffix, inject('cdrServerUrl'), inject('gatewayCdrUrl')),
  }
}

async function copyOf(template: string, suffix: string, serverUrl: string, gatewayUrl: string): Promise<Copy> {
  const name = `${template}_${suffix}`
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    // Two files copying the same template at once would disturb each other.
    await client.query("SELECT pg_advisory_lock(hashtext('copy of a template'))")
    await client.query(`CREATE DATABASE "${name}" TEMPLATE "${template}"`)
    // Rights on the database itself are not copied.
    await client.query(`REVOKE TEMPORARY ON DATABASE "${name}" FROM PUBLIC`)
  } finally {
    await client.end()
  }
  const at = (url: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).href
  return { url: at(serverUrl), gatewayUrl: at(gatewayUrl) }
}
