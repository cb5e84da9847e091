import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../config.ts'

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
  const existing = await readIfThere(path)
  if (existing !== null) return parsed(path, existing)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await createOnce(path, JSON.stringify({ customer: newSecret(), admin: newSecret() }))
  return parsed(path, await readFile(path, 'utf8'))
}

/** The whole file or none of it; of two processes that try at the same time one wins, and both use its file. */
async function createOnce(path: string, content: string): Promise<void> {
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  try {
    await writeFile(draft, content, { mode: 0o600, flag: 'wx', flush: true })
    await link(draft, path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
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

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
