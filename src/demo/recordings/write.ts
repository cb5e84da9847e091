import { mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { customersAuth } from '../world/customers-auth.ts'
import { melodyOf } from './melody.ts'
import { wavFile } from './wav.ts'

/** Yeti stores mp3 or wav (its option `rec_format`); there is no encoder at hand, so wav it is. */
export const recordingExtension = '.wav'

/** Of each customer; the files of older recorded calls are gone, as they are wherever disks are finite. */
const newest = 40
const daysBack = 14

interface RecordedCall {
  readonly tag: string
  readonly duration: number
}

async function newestRecorded(pool: pg.Pool, customerId: number, until: Date): Promise<readonly RecordedCall[]> {
  const { rows } = await pool.query<RecordedCall>(
    `select local_tag as tag, duration from cdr.cdr
     where customer_id = $1 and time_start <= $2 and time_start > $2 - make_interval(days => $3)
       and audio_recorded and is_last_cdr and duration > 0
     order by time_start desc limit $4`,
    [customerId, until, daysBack, newest],
  )
  return rows
}

/** A file is there whole or not at all. */
async function writeRecording(directory: string, call: RecordedCall): Promise<void> {
  const path = join(directory, `${call.tag}${recordingExtension}`)
  await writeFile(`${path}.part`, wavFile(melodyOf(call.tag, call.duration)))
  await rename(`${path}.part`, path)
}

/** Writes the files of the newest recorded calls that have none. Returns how many. */
export async function writeRecordings(
  pool: pg.Pool,
  directory: string,
  until: Date,
  onProgress: (part: number) => void,
): Promise<number> {
  await mkdir(directory, { recursive: true })
  const present = new Set(await readdir(directory))
  const customers = [...new Set(customersAuth.map(({ account }) => account.contractor.id))]
  const calls = (await Promise.all(customers.map((id) => newestRecorded(pool, id, until)))).flat()
  const missing = calls.filter(({ tag }) => !present.has(`${tag}${recordingExtension}`))
  for (const [index, call] of missing.entries()) {
    await writeRecording(directory, call)
    onProgress((index + 1) / missing.length)
  }
  return missing.length
}
