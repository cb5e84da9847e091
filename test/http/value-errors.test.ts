import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { acknowledged, connect, subscribeOn } from '../subscriptions/support/streams.ts'

/** Neither may be repeated, wherever somebody has put it by mistake. */
const secret = 'hunter2-of-somebody'
const number = 4_815_162_342

let gateway: Gateway
let token: string

beforeAll(async () => {
  gateway = await startGateway()
  token = await gateway.admin()
})
afterAll(() => gateway[Symbol.asyncDispose]())

function expectSilence(text: string): void {
  expect(text).not.toContain(secret)
  expect(text).not.toContain(String(number))
}

const signIn = 'mutation ($login: String!, $password: String!) { signIn(login: $login, password: $password) { token } }'
const create = 'mutation ($input: CreatePortalLoginInput!) { createPortalLogin(input: $input) { id } }'
const whole = { login: 'x', password: secret, customerId: 'x', accessProfileId: 'x' }

type Case = [
  title: string,
  argument: string,
  said: string,
  query: string,
  variables?: Readonly<Record<string, unknown>>,
]

const cases: readonly Case[] = [
  ['a number', 'password', 'Variable "$password" got invalid value; String cannot represent a non string value.', signIn, { login: 'x', password: number }],
  ['a list', 'password', 'Variable "$password" got invalid value; String cannot represent a non string value.', signIn, { login: 'x', password: [secret] }],
  ['a number within an object', 'input.password', 'Variable "$input" got invalid value at "input.password"; String cannot represent a non string value.', create, { input: { ...whole, password: number } }],
  ['an object within an object', 'input.password', 'Variable "$input" got invalid value at "input.password"; String cannot represent a non string value.', create, { input: { ...whole, password: { is: secret } } }],
  ['an object that lacks something', 'input', 'Variable "$input" got invalid value; Field "customerId" of required type "ID!" was not provided.', create, { input: { ...whole, customerId: undefined } }],
  ['an object that has too much', 'input', 'Variable "$input" got invalid value; Field "nothing" is not defined by type "CreatePortalLoginInput".', create, { input: { ...whole, nothing: 1 } }],
  ['an object with another one wrong', 'input.allAccounts', 'Variable "$input" got invalid value at "input.allAccounts"; Boolean cannot represent a non boolean value.', create, { input: { ...whole, allAccounts: secret } }],
  ['a list of objects', 'input', 'Variable "$input" got invalid value; Expected type "CreatePortalLoginInput" to be an object.', create, { input: [whole] }],
  ['a text in place of the object', 'input', 'Variable "$input" got invalid value; Expected type "CreatePortalLoginInput" to be an object.', create, { input: ` at "${secret}"` }],
  ['a text in place of a name', 'orderBy[0].login', 'Variable "$orderBy" got invalid value at "orderBy[0].login"; Value does not exist in "OrderDirection" enum.', 'query ($orderBy: [PortalLoginOrderBy!]) { portalLogins(orderBy: $orderBy) { totalCount } }', { orderBy: [{ login: secret }] }],
  ['a number in the document', 'password', 'password: String cannot represent a non string value.', `mutation { signIn(login: "x", password: ${number}) { token } }`],
  ['a word in the document', 'password', 'password: String cannot represent a non string value.', `mutation { signIn(login: "x", password: ${secret.replaceAll('-', '_')}) { token } }`],
  ['an object in the document', 'input.password', 'input.password: String cannot represent a non string value.', `mutation { createPortalLogin(input: { login: "x", password: { is: "${secret}" }, customerId: "x", accessProfileId: "x" }) { id } }`],
  ['a list of objects in the document', 'input', 'input: Expected value of type "CreatePortalLoginInput".', `mutation { createPortalLogin(input: ["${secret}"]) { id } }`],
  ['an object in the document that lacks something', 'input', 'input: Field "CreatePortalLoginInput.customerId" of required type "ID!" was not provided.', `mutation { createPortalLogin(input: { login: "x", password: "${secret}", accessProfileId: "x" }) { id } }`],
  ['an object in the document whose variable is missing', 'input', 'Argument "input" has an invalid value.', `mutation ($id: ID = "x") { createPortalLogin(input: { login: "x", password: "${secret}", accessProfileId: "x", customerId: $id }) { id } }`, { id: null }],
] // prettier-ignore

describe('A value that does not fit', () => {
  it.each(cases)('MUST be told of without being repeated: %s', async (_, argument, said, query, variables) => {
    const { errors } = await gateway.ask(query, { token, ...(variables && { variables }) })
    expect(errors?.map(({ message }) => message)).toContain(said)
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument })
    expectSilence(JSON.stringify(errors))
  })

  it('MUST not be repeated where it is a default', async () => {
    const { errors } = await gateway.ask(
      `mutation ($password: String! = ${number}) { signIn(login: "x", password: $password) { token } }`,
    )
    expect(errors).toMatchObject([
      {
        message: 'String cannot represent a non string value.',
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      },
    ])
    expectSilence(JSON.stringify(errors))
  })

  it('MUST not be repeated over a socket either', async () => {
    const socket = await connect(gateway.url, { authorization: `Bearer ${token}` })
    await acknowledged(socket)
    const stream = subscribeOn(socket, '1', create, { input: { ...whole, allAccounts: number } })
    await stream.ended()
    expect(stream.events[0]?.errors).toMatchObject([{ extensions: { argument: 'input.allAccounts' } }])
    expectSilence(JSON.stringify(stream.events))
    socket.close()
  })

  it.each([
    `{"query":"x","variables":{"password":"${secret}" x}}`,
    `{"query":"x","variables":{"password":"${secret}`,
    `["${secret}"`,
  ])('MUST not be repeated of a body that is no JSON: %s', async (body) => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    const answer: Partial<Answer> = await response.json()
    expect(response.status).toBe(400)
    expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    expect(JSON.stringify(answer)).not.toContain(secret.slice(0, 4))
  })
})
