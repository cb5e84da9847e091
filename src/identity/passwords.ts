import bcrypt from 'bcrypt'
import pLimit from 'p-limit'

/**
 * Passwords are worked on by Node's four worker threads, and so is what a new connection to a database, a name of a host
 * or a file needs: half of them are left to these, or a rush of sign-ins would keep all others waiting.
 */
const inTurn = pLimit(2)

/** What bcrypt reads of a password; longer ones differ in what it never sees. */
const maximumBytes = 72

/** The salt and hash of a password that nobody knows. */
const nobody = 't6gjivkINL.jyDGj5ik85OBb31V2H8QOU15bUjLslBKwx2waZtZWm'

const digestPattern = /^\$2[ab]\$\d\d\$[./A-Za-z0-9]{53}$/

/**
 * Compares exactly once, whatever is given, so that the time of an answer does not tell a wrong password from an
 * unknown login (`digest` null) or an impossible password. What cannot be hidden is a digest whose cost is not
 * `usualCost`: its login answers faster or slower than one that does not exist.
 */
export async function verifyPassword(password: string, digest: string | null, usualCost: number): Promise<boolean> {
  const usable = digest !== null && digestPattern.test(digest)
  const possible = isPossiblePassword(password)
  const compared = usable ? digest : `$2b$${usualCost}$${nobody}`
  const matches = await inTurn(() => bcrypt.compare(possible ? password : '-', compared))
  return matches && usable && possible
}

/** Whether bcrypt reads all of it: 1 to 72 bytes, none of them NUL. */
export function isPossiblePassword(password: string): boolean {
  return password !== '' && !password.includes('\0') && Buffer.byteLength(password) <= maximumBytes
}

/** Yeti's, for portal logins. */
const cost = 12

/** The digest of a customer's password, in the form that Ruby writes and every version of Yeti reads. */
export async function hashPassword(password: string): Promise<string> {
  // Its text is not for errors.
  if (!isPossiblePassword(password)) throw new TypeError('An impossible password')
  return inTurn(async () => bcrypt.hash(password, await bcrypt.genSalt(cost, 'a')))
}
