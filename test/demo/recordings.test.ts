import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordingExtension } from '../../src/demo/index.ts'
import { melodyOf } from '../../src/demo/recordings/melody.ts'
import { wavFile } from '../../src/demo/recordings/wav.ts'
import { type DemoDatabases, createDatabases, rowsOf, someDay } from './support.ts'

let demo: DemoDatabases
let files: readonly string[]

beforeAll(async () => {
  demo = await createDatabases()
  await demo.fill(someDay)
  files = await readdir(demo.recordingsDirectory)
})
afterAll(() => demo[Symbol.asyncDispose]())

function read(file: string): Promise<Buffer> {
  return readFile(join(demo.recordingsDirectory, file))
}

describe('recordings', () => {
  test('are WAV files of 16-bit mono at 8 kHz, two to nine seconds long', async () => {
    for (const file of files) {
      const wav = await read(file)
      expect(wav.toString('latin1', 0, 4)).toBe('RIFF')
      expect(wav.readUInt32LE(4)).toBe(wav.length - 8)
      expect(wav.toString('latin1', 8, 16)).toBe('WAVEfmt ')
      expect([wav.readUInt16LE(20), wav.readUInt16LE(22), wav.readUInt32LE(24)]).toEqual([1, 1, 8000])
      expect([wav.readUInt32LE(28), wav.readUInt16LE(32), wav.readUInt16LE(34)]).toEqual([16_000, 2, 16])
      expect(wav.readUInt32LE(40)).toBe(wav.length - 44)
      const seconds = (wav.length - 44) / 16_000
      expect(seconds).toBeGreaterThan(2)
      expect(seconds).toBeLessThan(9)
    }
  })

  test('are the newest forty recorded calls of each customer', async () => {
    const expected = await rowsOf<{ tag: string }>(
      demo.cdr,
      `select tag from (select local_tag as tag, row_number() over (partition by customer_id order by time_start desc) as age
                        from cdr.cdr where audio_recorded and duration > 0) as recorded where age <= 40`,
    )
    expect([...files].sort()).toEqual(expected.map(({ tag }) => `${tag}${recordingExtension}`).sort())
  })

  test('are of calls through records that record', async () => {
    const auths = await rowsOf<{ id: number; recorded: string }>(
      demo.cdr,
      `select customer_auth_id as id, count(*) filter (where audio_recorded) as recorded from cdr.cdr group by 1`,
    )
    const recording = await rowsOf<{ id: number }>(
      demo.primary,
      'select id from class4.customers_auth where enable_audio_recording order by 1',
    )
    const found = auths.filter(({ recorded }) => recorded !== '0').map(({ id }) => id)
    expect(found.sort()).toEqual(recording.map(({ id }) => id))
  })

  test('include calls of the one account of frank', async () => {
    const calls = await rowsOf<{ tag: string }>(
      demo.cdr,
      'select local_tag as tag from cdr.cdr where audio_recorded and customer_acc_id = 202',
    )
    expect(calls.some(({ tag }) => files.includes(`${tag}${recordingExtension}`))).toBe(true)
    expect(calls.some(({ tag }) => !files.includes(`${tag}${recordingExtension}`))).toBe(true)
  })

  test('sound different from call to call, and the same every time', () => {
    const one = wavFile(melodyOf('8-AAAA', 60))
    expect(wavFile(melodyOf('8-AAAA', 60)).equals(one)).toBe(true)
    expect(wavFile(melodyOf('8-BBBB', 60)).equals(one)).toBe(false)
  })

  test('are neither silent nor clipped', () => {
    const loudest = Math.max(...melodyOf('8-AAAA', 60).map(Math.abs))
    expect(loudest).toBeGreaterThan(0.1)
    expect(loudest).toBeLessThan(0.9)
  })

  test('take less than 20 MB', async () => {
    const sizes = await Promise.all(files.map(async (file) => (await read(file)).length))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(20_000_000)
  })

  test('that are lost come back at the next start, others are left alone', async () => {
    const [lost = '', kept = ''] = files
    await rm(join(demo.recordingsDirectory, lost))
    await writeFile(join(demo.recordingsDirectory, kept), 'somebody changed this')
    const { recordings } = await demo.fill(someDay)
    expect(recordings).toBe(1)
    expect((await read(lost)).toString('latin1', 0, 4)).toBe('RIFF')
    expect((await read(kept)).toString()).toBe('somebody changed this')
  })
})
