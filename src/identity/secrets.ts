import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../config.ts'
import { keptText } from './kept-text.ts'

/** Signing keys; the customers' is the `secret_key_base` of an existing Yeti. */
export interface Secrets {
  readonly customer: string
  readonly admin: string
}

const stored = z.object({ customer: z.string().min(32), admin: z.string().min(32) })

/** Those of the settings; what is missing is made once and kept in the data directory. */
export async function loadSecrets({ secrets: { customer, admin }, dataDirectory }: Config): Promise<Secrets> {
  if (customer !== null && admin !== null) return { customer, admin }
  const kept = await keptSecrets(dataDirectory)
  return { customer: customer ?? kept.customer, admin: admin ?? kept.admin }
}

async function keptSecrets(directory: string): Promise<Secrets> {
  const path = join(directory, 'secrets.json')
  return parsed(path, await keptText(path, () => JSON.stringify({ customer: newSecret(), admin: newSecret() })))
}

function parsed(path: string, text: string): Secrets {
  try {
    return stored.parse(JSON.parse(text))
  } catch {
    // Without the cause: messages of JSON.parse quote what they read.
    throw new Error(`${path} is not a file of secrets; delete it to have new ones made (everybody signs in again)`)
  }
}

function newSecret(): string {
  return randomBytes(48).toString('base64url')
}
