import type { ServerName } from '../../databases.ts'
import type { Finding } from '../finding.ts'
import type { ServerFacts } from './facts.ts'

/** What our SQL needs: `date_bin` came with it. */
const oldest = { number: 140000, name: '14' } as const

export function serverFindings(name: ServerName, server: ServerFacts): readonly Finding[] {
  return [
    ...(server.version_number < oldest.number ? [tooOld(server)] : []),
    ...(name === 'primary' && server.is_standby ? [standby] : []),
    ...(name === 'replica' && !server.is_standby ? [noStandby] : []),
    ...(server.is_superuser ? [superuser(server)] : []),
  ]
}

function tooOld({ version }: ServerFacts): Finding {
  return {
    level: 'problem',
    what: `this is PostgreSQL ${version}`,
    then: 'statistics and charts fail: they need a function of PostgreSQL 14',
    mend: `upgrade PostgreSQL to ${oldest.name} or later`,
  }
}

const standby: Finding = {
  level: 'problem',
  what: 'this server is a standby, which can only be read',
  then: 'nobody can sign in, and nothing can be changed',
  mend: 'let DATABASE_URL name the primary server',
}

const noStandby: Finding = {
  level: 'hint',
  what: 'this server is no standby of another',
  then: 'calls are shown as they stand here, whatever keeps them up to date',
  mend: 'let CDR_REPLICA_DATABASE_URL name a standby of the CDR database, unless something else copies the calls',
}

function superuser({ role }: ServerFacts): Finding {
  return {
    level: 'hint',
    what: `${role} is a superuser`,
    then: 'a fault of the gateway, or a stolen password, can do anything to this server',
    mend: 'a role of its own: npm run yeti -- grants',
  }
}
