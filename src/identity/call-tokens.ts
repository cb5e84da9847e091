import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { ConfigError, type Config } from '../config.ts'
import { codeOf, keptText } from './kept-text.ts'

/** What the switch takes as the credentials of a gateway, until it expires. */
export interface CallToken {
  readonly token: string
  readonly expiresAt: Date
}

/** Makes call tokens for a gateway, by its uuid. */
export type IssueCallToken = (gatewayUuid: string) => Promise<CallToken>

/** OpenSSL's name of P-256, the curve of ES256. */
const curve = 'prime256v1'

/**
 * Makes call tokens as Yeti does: ES256, with `gid`, `iat` and `exp` and nothing else. null where there is no key.
 * Throws where there is a file that is not such a key; no message says what stands in it.
 */
export async function loadCallTokens(config: Config): Promise<IssueCallToken | null> {
  const key = await loadKey(config)
  if (key === null) return null
  return async (gatewayUuid) => {
    const iat = Math.floor(Date.now() / 1000)
    const exp = iat + config.callTokens.lifetime
    const token = await new SignJWT({ gid: gatewayUuid, iat, exp }).setProtectedHeader({ alg: 'ES256' }).sign(key)
    return { token, expiresAt: new Date(exp * 1000) }
  }
}

async function loadKey({ callTokens: { keyFile }, database, dataDirectory }: Config): Promise<KeyObject | null> {
  if (keyFile !== null) return givenKey(keyFile)
  return database.kind === 'embedded' ? keptKey(join(dataDirectory, 'call-token.pem')) : null
}

/** The operator's. Errors name the setting and not its value, in which somebody may have put the key itself. */
async function givenKey(file: string): Promise<KeyObject> {
  const pem = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ConfigError([`CALL_TOKEN_KEY_FILE: the file cannot be read (${String(codeOf(error))})`])
  })
  const key = keyOf(pem)
  if (key) return key
  throw new ConfigError([
    'CALL_TOKEN_KEY_FILE: expected a PEM file with an EC private key on the curve P-256 (prime256v1), not encrypted',
  ])
}

async function keptKey(path: string): Promise<KeyObject> {
  const key = keyOf(await keptText(path, newKey))
  if (key) return key
  throw new Error(`${path} is not a key of call tokens; delete it to have a new one made`)
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: curve })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Reads PKCS #8 and what `openssl ecparam -genkey` writes; null for anything that is not a key that ES256 signs with. */
function keyOf(pem: string): KeyObject | null {
  try {
    const key = createPrivateKey(pem)
    return key.asymmetricKeyDetails?.namedCurve === curve ? key : null
  } catch {
    return null // Nothing but the text can be wrong, and what OpenSSL says of it helps nobody.
  }
}
