import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { customersAuth } from '../world/customers-auth.ts'
import { melodyOf } from './melody.ts'
import { wavFile } from './wav.ts'

/** Yeti stores mp3 or wav (its option `rec_format`); there is no encoder at hand, so wav it is. */
export const recordingExtension = '.wav'

/** Of each customer; the files of older recorded calls are gone, as they are wherever disks are finite. */
const newest = 40
/** How many of the older ones are looked for, to remove them. */
const older = 1000
const daysBack = 14

interface RecordedCall {
  readonly tag: string
  readonly duration: number
}

async function newestRecorded(pool: pg.Pool, customerId: number, until: Date): Promise<readonly RecordedCall[]> {
  const from = new Date(until.getTime() - daysBack * 86_400_000)
  const { rows } = await pool.query<RecordedCall>(
    `select local_tag as tag, duration from cdr.cdr
     where customer_id = $1 and time_start <= $2 and time_start > $3
       and audio_recorded and is_last_cdr and duration > 0
     order by time_start desc limit $4`,
    [customerId, until, from, newest + older],
  )
  return rows
}

function fileOf({ tag }: RecordedCall): string {
  return `${tag}${recordingExtension}`
}

/** A file is there whole or not at all. */
async function writeRecording(directory: string, call: RecordedCall): Promise<void> {
  const path = join(directory, fileOf(call))
  await writeFile(`${path}.part`, wavFile(melodyOf(call.tag, call.duration)))
  await rename(`${path}.part`, path)
}

/** Writes the files of the newest recorded calls that have none, removes those of older ones. Returns how many it wrote. */
export async function writeRecordings(
  pool: pg.Pool,
  directory: string,
  until: Date,
  onProgress: (part: number) => void,
): Promise<number> {
  await mkdir(directory, { recursive: true })
  const present = new Set(await readdir(directory))
  const customers = [...new Set(customersAuth.map(({ account }) => account.contractor.id))]
  const calls = await Promise.all(customers.map((id) => newestRecorded(pool, id, until)))
  const missing = calls.flatMap((own) => own.slice(0, newest)).filter((call) => !present.has(fileOf(call)))
  const outdated = calls.flatMap((own) => own.slice(newest)).filter((call) => present.has(fileOf(call)))
  for (const [index, call] of missing.entries()) {
    await writeRecording(directory, call)
    onProgress((index + 1) / missing.length)
  }
  for (const call of outdated) await rm(join(directory, fileOf(call)), { force: true })
  return missing.length
}
