// @ts-check
import { createHmac } from 'node:crypto'
import { customerSecret } from './gateway.js'

/**
 * A token as Yeti's own customer API would give it to a login: bcrypt, of which a sign-in has one, takes too long for
 * thousands of them.
 * @param {number} login the id of the row
 */
export function tokenOf(login) {
  const text = [{ alg: 'HS256' }, { aud: ['customer-v1'], sub: login, iat: Math.floor(Date.now() / 1000) }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${text}.${createHmac('sha256', customerSecret).update(text).digest('base64url')}`
}
