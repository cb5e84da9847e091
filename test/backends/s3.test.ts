import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FileStore, StoredFile } from '../../src/backends/file-store.ts'
import { openFileStores } from '../../src/backends/file-store/open.ts'
import { openS3Store, type S3Limits } from '../../src/backends/file-store/s3.ts'
import { readConfig } from '../../src/config.ts'
import { startS3Server, type Fault, type S3Server } from '../support/s3-server.ts'

const bucket = 'secret-bucket'
const name = 'secret-name.csv.gz'
/** For tests of what never answers; the others take as long as the machine needs. */
const short: S3Limits = { connect: 500, answer: 300, upload: 600, silence: 1_500 }
const content = randomBytes(300_000)
const large = randomBytes(17 * 1024 * 1024)

let s3: S3Server
let store: FileStore

beforeAll(async () => {
  s3 = await startS3Server()
})
afterAll(() => s3[Symbol.asyncDispose]())
beforeEach(() => {
  store = openStore()
  s3.put(`${bucket}/${name}`, content)
  s3.requests.length = 0
})
afterEach(() => {
  store[Symbol.dispose]()
  s3.fault = () => null
  s3.objects.clear()
})

function openStore(settings: Readonly<Record<string, string>> = {}, limits?: S3Limits): FileStore {
  const config = readConfig({ ...s3.settings, S3_EXPORTS_BUCKET: bucket, ...settings }).exports.store
  if (config.kind !== 's3') throw new Error('The settings name a bucket')
  return openS3Store({ ...config, prefix: '', ...(limits && { limits }) })
}

async function found(from = store): Promise<StoredFile> {
  const file = await from.find(name)
  if (!file) throw new Error('The file is not there')
  return file
}

function operations(): string[] {
  return s3.requests.map(({ operation }) => operation)
}

/** An operation fails in one way, the others do not. */
function failing(operation: string, fault: Fault): void {
  s3.fault = (request) => (request.operation === operation ? fault : null)
}

async function expectUnavailable(work: Promise<unknown>, reason: RegExp): Promise<void> {
  const error: unknown = await work.catch((failure: unknown) => failure)
  expect(error).toMatchObject({
    code: 'UNAVAILABLE',
    message: 'The data is not available right now. Try again later.',
    originalError: { message: expect.stringMatching(reason) },
  })
  const shown = inspect(error, { depth: 10, showHidden: true })
  for (const secret of [bucket, name, '127.0.0.1', s3.settings.S3_ACCESS_KEY_ID, s3.settings.S3_SECRET_ACCESS_KEY]) {
    expect(shown).not.toContain(secret)
  }
}

describe('The key of an object', () => {
  it('MUST be as Yeti has it: recordings below /record/, slash included, exports by their name alone', async () => {
    const settings = { ...s3.settings, S3_RECORDINGS_BUCKET: 'recordings', S3_EXPORTS_BUCKET: 'exports' }
    using stores = await openFileStores(readConfig(settings))
    await stores.recordings.write('a tag.mp3', Readable.from([content]))
    await stores.exports.write('7.csv.gz', Readable.from([content]))
    expect([...s3.objects.keys()]).toEqual([`${bucket}/${name}`, 'recordings//record/a tag.mp3', 'exports/7.csv.gz'])
    expect((await stores.recordings.find('a tag.mp3'))?.size).toBe(content.length)
    expect(await stores.recordings.find('7.csv.gz')).toBeNull()
  })

  it('MUST NOT be asked for when it leads out of its place', async () => {
    s3.put('recordings/outside.mp3', content)
    using stores = await openFileStores(readConfig({ ...s3.settings, S3_RECORDINGS_BUCKET: 'recordings' }))
    for (const path of ['../outside.mp3', '..', 'a/../../outside.mp3', '\\..\\outside.mp3']) {
      expect(await stores.recordings.find(path)).toBeNull()
    }
    expect(s3.requests).toEqual([])
  })
})

describe('Credentials', () => {
  it.each([
    ['a wrong secret', { S3_SECRET_ACCESS_KEY: 'a-wrong-secret' }],
    ['an unknown key', { S3_ACCESS_KEY_ID: 'AKIAUNKNOWN' }],
    ['another region', { S3_REGION: 'mars-1' }],
  ])('MUST be right: %s is UNAVAILABLE, and says so', async (_, settings) => {
    store[Symbol.dispose]()
    store = openStore(settings)
    await expectUnavailable(store.find(name), /^The file storage refuses our credentials, or they lack a right: 403/)
    await expectUnavailable(store.write('new', Readable.from([content])), /403 (SignatureDoes|InvalidAccess|Authoriz)/)
    await expectUnavailable(store.remove(name), /403/)
    expect([...s3.objects.keys()]).toEqual([`${bucket}/${name}`])
  })

  it("MAY come from where Amazon's tools look for them", async () => {
    const { S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = s3.settings
    const none = { S3_ACCESS_KEY_ID: '', S3_SECRET_ACCESS_KEY: '' }
    vi.stubEnv('AWS_ACCESS_KEY_ID', S3_ACCESS_KEY_ID)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', S3_SECRET_ACCESS_KEY)
    using given = openStore(none)
    expect((await given.find(name))?.size).toBe(content.length)
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined)
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere')
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere')
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    using missing = openStore(none)
    await expectUnavailable(missing.find(name), /^There are no credentials for the file storage$/)
    vi.unstubAllEnvs()
  })
})

describe('A storage that fails', () => {
  it('MUST be asked again, and be forgiven when it then answers', async () => {
    s3.fault = () => (s3.requests.length === 1 ? 'unavailable' : null)
    expect((await found()).size).toBe(content.length)
    expect(operations()).toEqual(['HeadObject', 'HeadObject'])
  })

  it('MUST be UNAVAILABLE when it fails three times', async () => {
    s3.fault = () => 'unavailable'
    await expectUnavailable(store.find(name), /^The file storage failed: 503$/)
    expect(operations()).toEqual(['HeadObject', 'HeadObject', 'HeadObject'])
    await expectUnavailable(store.remove(name), /^The file storage failed: 503 SlowDown$/)
    await expectUnavailable(store.write('new', Readable.from([content])), /^The file storage failed: 503 SlowDown$/)
  })

  it('MUST be UNAVAILABLE when it does not answer in time, not waited for', async () => {
    using hasty = openStore({}, short)
    s3.fault = () => 'hang'
    await expectUnavailable(hasty.find(name), /^The file storage does not answer: ETIMEDOUT$/)
    await expectUnavailable(hasty.write('new', Readable.from([content])), /does not answer: ETIMEDOUT$/)
    await vi.waitFor(() => expect(s3.open).toBe(0))
  })

  it('MUST be UNAVAILABLE when nothing listens there', async () => {
    using gone = openStore({ S3_ENDPOINT: await freeAddress() })
    await expectUnavailable(gone.find(name), /^The file storage does not answer: ECONNREFUSED$/)
    await expectUnavailable(gone.write('new', Readable.from([content])), /ECONNREFUSED$/)
  })

  it('MUST be UNAVAILABLE when what listens there is no such storage', async () => {
    await using other = await anything('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
    using odd = openStore({ S3_ENDPOINT: other.url })
    await expectUnavailable(odd.write('new', Readable.from([large])), /^The file storage /)
    await using silent = await anything('220 mail.example ESMTP\r\n')
    using mail = openStore({ S3_ENDPOINT: silent.url })
    await expectUnavailable(mail.find(name), /^The file storage does not answer: HPE_\w+$/)
  })
})

describe('A file that breaks off while it is read', () => {
  it.each(['break', 'stall'] as const)('MUST fail, not look as if it had ended: %s', async (fault) => {
    using hasty = openStore({}, { ...short, answer: 10_000 })
    const file = await found(hasty)
    failing('GetObject', fault)
    const body = await file.read()
    await expect(buffer(body ?? Readable.from([]))).rejects.toThrow(fault === 'break' ? 'aborted' : 'timed out')
    await vi.waitFor(() => expect(s3.open).toBe(0))
  })

  it('MUST NOT be the whole of it where a part was asked for', async () => {
    const file = await found()
    failing('GetObject', 'no-ranges')
    await expectUnavailable(file.read({ start: 0, end: 9 }), /^The file storage does not answer: RangeError$/)
    await vi.waitFor(() => expect(s3.open).toBe(0))
    expect(await buffer((await file.read()) ?? Readable.from([]))).toEqual(content)
  })
})

describe('A file that is written', () => {
  it.each(['UploadPart', 'CompleteMultipartUpload', 'CreateMultipartUpload'])(
    'MUST be taken back on the storage when %s fails',
    async (operation) => {
      failing(operation, 'unavailable')
      const source = Readable.from([large])
      await expectUnavailable(store.write('new', source), /^The file storage failed: 503 SlowDown$/)
      expect([s3.uploads.size, s3.objects.has(`${bucket}/new`), source.destroyed]).toEqual([0, false, true])
    },
  )

  it('MUST be taken back on the storage when its stream fails after some parts', async () => {
    const source = new PassThrough()
    const written = store.write('new', source)
    source.write(large)
    await vi.waitFor(() => expect(operations()).toContain('UploadPart'))
    expect(s3.uploads.size).toBe(1)
    source.destroy(new Error('killed'))
    await expect(written).rejects.toThrow('killed')
    expect([s3.uploads.size, s3.objects.has(`${bucket}/new`)]).toEqual([0, false])
    expect(operations()).toContain('AbortMultipartUpload')
  })

  it('MUST be sent on while it is made: its stream is not held in memory', async () => {
    const chunk = randomBytes(1024 * 1024)
    let made = 0
    const source = Readable.from(
      (function* () {
        for (; made < 60; made++) yield chunk
      })(),
    )
    failing('UploadPart', 'hang')
    using hasty = openStore({}, short)
    await hasty.write('new', source).catch(() => undefined)
    // Two parts of 5 MiB on their way, a third that is put together, and what the stream itself holds.
    expect(made).toBeLessThan(5 * 3 + 5)
  })
})

describe('Slow listeners', () => {
  it('MUST NOT keep others waiting', async () => {
    s3.put(`${bucket}/${name}`, large)
    const file = await found()
    const slow = await Promise.all(Array.from({ length: 70 }, () => file.read()))
    expect((await buffer((await file.read({ start: 0, end: 99 })) ?? Readable.from([]))).length).toBe(100)
    for (const body of slow) body?.destroy()
    await vi.waitFor(() => expect(s3.open).toBe(0))
  })
})

async function freeAddress(): Promise<string> {
  const { url, [Symbol.asyncDispose]: close } = await anything('')
  await close()
  return url
}

/** Says the same to everybody who connects. */
async function anything(text: string): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((socket) => void socket.on('error', () => undefined).once('data', () => socket.end(text)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
