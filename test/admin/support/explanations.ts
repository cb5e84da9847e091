import type { Answer, AnswerError, Gateway } from '../../support/gateway.ts'

export interface ExplainedAccess {
  readonly kind: 'FIELD' | 'ARGUMENT' | 'INPUT_FIELD' | 'TYPE'
  readonly path: readonly string[]
  readonly input: string | null
  readonly coordinate: string
  readonly needs: readonly string[]
  readonly missing: readonly string[]
  readonly outcome: 'ALLOWED' | 'DENIED' | 'NOT_REACHED'
  readonly deniedBy: string | null
  readonly permission: string | null
}

export interface Explanation {
  readonly accepted: boolean
  readonly complete: boolean
  readonly errors: readonly (AnswerError & Readonly<Record<'code' | 'permission' | 'coordinate' | 'argument', string | null>>)[]
  readonly places: readonly ExplainedAccess[]
} // prettier-ignore

export interface Explained {
  readonly profileId?: string
  readonly loginId?: string
  readonly query: string
  readonly variables?: unknown
  readonly operationName?: string
}

const document = `query ($profileId: ID, $loginId: ID, $query: String!, $variables: JSON, $operationName: String) {
  explainAccess(profileId: $profileId, loginId: $loginId, query: $query, variables: $variables, operationName: $operationName) {
    accepted complete
    errors { message path code permission coordinate argument extensions }
    places { kind path input coordinate needs missing outcome deniedBy permission }
  }
}`

/** As an administrator's interface asks for it; `loginId` only where it is given, which needs a right of its own. */
export function askForExplanation(gateway: Pick<Gateway, 'ask'>, token: string, asked: Explained): Promise<Answer> {
  const query = asked.loginId === undefined ? document.replace(/, \$loginId: ID|loginId: \$loginId, /g, '') : document
  return gateway.ask(query, { token, variables: { ...asked } })
}

export async function explanationOf(gateway: Gateway, token: string, asked: Explained): Promise<Explanation> {
  const { data, errors } = await askForExplanation(gateway, token, asked)
  if (errors) throw new Error(JSON.stringify(errors))
  return data.explainAccess
}

/** The ids of a login and its profile. */
export async function idsOf({ primary }: Gateway, login: string): Promise<{ loginId: string; profileId: string }> {
  const { rows } = await primary.query('SELECT id, customer_portal_access_profile_id AS profile FROM sys.api_access WHERE login = $1', [login]) // prettier-ignore
  const globalId = (type: string, id: unknown): string => Buffer.from(`${type}:${id}`).toString('base64')
  return {
    loginId: globalId('PortalLogin', rows[0].id),
    profileId: globalId('CustomerPortalAccessProfile', rows[0].profile),
  }
}

/** Each place as `outcome coordinate`, fields by where they stand. */
export function outlined({ places }: Explanation): string[] {
  return places.map(({ outcome, kind, path, coordinate }) => `${outcome} ${kind === 'FIELD' ? path.join('.') : coordinate}`)
} // prettier-ignore
