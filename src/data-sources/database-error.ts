import pg from 'pg'
import { messageOf, sqlStateOf } from '../backends/databases/errors.ts'

/** A database that is there, but not one that we can work with. The message says what to do. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
}

/** What of a URL may be told, with what the driver fills in. */
export interface Address {
  readonly server: string
  readonly role: string
  readonly database: string
}

/** Throws `DatabaseError` for a URL that the driver cannot read, or that names a file which is not there. */
export function addressIn(setting: string, url: string): Address {
  try {
    const { host, port, user = '', database = '' } = new pg.Client({ connectionString: url })
    return { server: host.startsWith('/') ? host : `${host}:${port}`, role: user, database }
  } catch (error) {
    // The driver's own words may have the URL in them.
    const isFile = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new DatabaseError(`${setting}: ${isFile ? messageOf(error) : 'the URL cannot be read'}`)
  }
}

/** Why a server that was reached does not let us in, in words for the operator. */
export function refusalOf(setting: string, address: Address, error: unknown): DatabaseError {
  return new DatabaseError(`${setting}: ${reasonOf(address, error)}`, { cause: error })
}

function reasonOf(address: Address, error: unknown): string {
  const message = messageOf(error)
  const role = pg.escapeIdentifier(address.role)
  const database = pg.escapeIdentifier(address.database)
  switch (sqlStateOf(error)) {
    case '28P01':
      return `the server refuses the role ${role}: its password is wrong, or there is no such role`
    case '28000':
      return notLetIn(role, message)
    case '3D000':
      return `there is no database ${database} on the server ${address.server}`
    case '42501':
      return `the role ${role} may not connect to the database ${database}: GRANT CONNECT ON DATABASE ${database} TO ${role};`
    default:
      return ofTransport(role, message)
  }
}

function notLetIn(role: string, message: string): string {
  if (/no encryption|SSL off/.test(message))
    return `the server lets the role ${role} in from here only with SSL, if at all: ${withSsl} (${message})`
  if (message.includes('pg_hba.conf'))
    return `the server's pg_hba.conf does not let the role ${role} in from here (${message})`
  if (message.includes('not permitted to log in'))
    return `the role ${role} is not permitted to log in: ALTER ROLE ${role} LOGIN;`
  return message.includes('does not exist') ? `there is no role ${role} on the server` : message
}

const withSsl = 'add ?sslmode=verify-full to the URL, and sslrootcert=FILE if its certificate is not a public one'

function ofTransport(role: string, message: string): string {
  if (message.includes('password must be a'))
    return `the server asks for a password of the role ${role}, and the URL has none`
  if (message.includes('does not support SSL'))
    return 'the server does not offer SSL, which sslmode in the URL asks for'
  if (/certificate|altnames/i.test(message))
    return `the certificate of the server is not accepted (${message}): sslrootcert=FILE in the URL names the one that signed it`
  return message
}
