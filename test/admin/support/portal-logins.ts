import { expect } from 'vitest'
import type { Answer, Gateway } from '../../support/gateway.ts'

/** A global id, made as clients see it and not as we make it. */
export function id(type: string, key: string | number): string {
  return Buffer.from(`${type}:${key}`).toString('base64')
}

/** Everything of a login but what changes by itself. */
export const fields =
  'id version loginId login allAccounts allowedIps customerId accessProfileId provisionGatewayId accounts { nodes { id accountId } } outgoingNumberlists { nodes { id numberlistId } }'

type Given = Readonly<Record<string, unknown>>

/** The operations on logins, over HTTP. */
export interface Logins {
  one(id: string, token?: string): Promise<Answer>
  create(input: Given, token?: string): Promise<Answer>
  update(id: string, version: string, input: Given, token?: string): Promise<Answer>
  remove(id: string, version: string, token?: string): Promise<Answer>
  setPassword(id: string, password: string, token?: string): Promise<Answer>
  signOut(id: string, token?: string): Promise<Answer>
}

/** With this administrator's token, unless another is given. */
export function loginsOf({ ask }: Pick<Gateway, 'ask'>, administrator: string): Logins {
  const run = (query: string, variables: Given, token = administrator) => ask(query, { token, variables })
  return {
    one: (id, token) => run(`query ($id: ID!) { portalLogin(id: $id) { ${fields} } }`, { id }, token),
    create: (input, token) =>
      run(`mutation ($input: CreatePortalLoginInput!) { createPortalLogin(input: $input) { ${fields} } }`, { input }, token), // prettier-ignore
    update: (id, version, input, token) =>
      run(`mutation ($id: ID!, $version: String!, $input: UpdatePortalLoginInput!) { updatePortalLogin(id: $id, version: $version, input: $input) { ${fields} } }`, { id, version, input }, token), // prettier-ignore
    remove: (id, version, token) =>
      run('mutation ($id: ID!, $version: String!) { deletePortalLogin(id: $id, version: $version) }', { id, version }, token), // prettier-ignore
    setPassword: (id, password, token) =>
      run(`mutation ($id: ID!, $password: String!) { setPortalLoginPassword(id: $id, password: $password) { ${fields} } }`, { id, password }, token), // prettier-ignore
    signOut: (id, token) => run(`mutation ($id: ID!) { signOutPortalLogin(id: $id) { ${fields} } }`, { id }, token),
  }
}

/** The one value of an answer without errors. */
export function valueOf({ data, errors }: Answer): Answer['data'] {
  expect(errors).toBeUndefined()
  return Object.values(data)[0]
}

export function expectRefusal({ data, errors }: Answer, code: string, argument?: string): void {
  expect(errors?.map(({ extensions }) => [extensions.code, extensions['argument']])).toEqual([[code, argument]])
  for (const value of Object.values(data ?? {})) expect(value).toBeNull()
}

/** All that these operations could have written. */
export async function written({ primary }: Gateway): Promise<string> {
  const { rows } = await primary.query(
    `SELECT (SELECT json_agg(a ORDER BY id) FROM sys.api_access a) AS logins,
            (SELECT json_agg(l ORDER BY id) FROM portal.audit_log l) AS audit,
            (SELECT json_agg(e ORDER BY login_id) FROM portal.ended_logins e) AS ended`,
  )
  return JSON.stringify(rows)
}

/** The audit log since an entry, oldest first. */
export async function auditSince({ primary }: Gateway, last: string): Promise<Answer['data'][]> {
  const { rows } = await primary.query('SELECT * FROM portal.audit_log WHERE id > $1 ORDER BY id', [last])
  return rows
}

export async function lastAudit({ primary }: Gateway): Promise<string> {
  const { rows } = await primary.query<{ last: string }>('SELECT coalesce(max(id), 0) AS last FROM portal.audit_log')
  return rows[0]?.last ?? '0'
}

/** The public id of an account. */
export async function accountUuid({ primary }: Gateway, account: number): Promise<string> {
  const { rows } = await primary.query<{ uuid: string }>('SELECT uuid FROM billing.accounts WHERE id = $1', [account])
  return rows[0]?.uuid ?? ''
}
