import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createGzip, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FileStore, StoredFile } from '../../src/backends/file-store.ts'
import { openFileStore } from '../../src/backends/file-store/open.ts'
import { readConfig } from '../../src/config.ts'
import { startS3Server, type S3Server } from '../support/s3-server.ts'

let root: string
let s3: S3Server

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'file-store-'))
  s3 = await startS3Server()
})
afterAll(async () => {
  await s3[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

interface Kind {
  readonly kind: string
  readonly open: () => Promise<FileStore>
  /** Everything that is kept, also what is not finished. */
  readonly kept: () => Promise<string[]>
}

let counter = 0
let place: string

const kinds: readonly Kind[] = [
  {
    kind: 'a directory',
    open: async () => openFileStore(readConfig({ EXPORTS_DIR: join(root, place) }).exports.store),
    kept: () => readdir(join(root, place)).catch(() => []),
  },
  {
    kind: 'a bucket',
    open: async () => openFileStore(readConfig({ ...s3.settings, S3_EXPORTS_BUCKET: place }).exports.store),
    kept: async () =>
      [...s3.objects.keys(), ...s3.uploads.keys()]
        .filter((name) => name.startsWith(`${place}/`))
        .map((name) => name.slice(place.length + 1)),
  },
]

/** Of three parts in a bucket. */
const large = randomBytes(12 * 1024 * 1024)
const small = Buffer.from('a small file')

describe.each(kinds)('A file in $kind', ({ open, kept }) => {
  let store: FileStore
  beforeEach(async () => {
    place = `place-${counter++}`
    store = await open()
    return () => store[Symbol.dispose]()
  })

  async function found(name: string): Promise<StoredFile> {
    const file = await store.find(name)
    if (!file) throw new Error(`${name} is not there`)
    return file
  }

  async function contentOf(file: StoredFile, range?: { start: number; end: number }): Promise<Buffer> {
    const content = await file.read(range)
    if (!content) throw new Error('The file has gone')
    return buffer(content)
  }

  it.each([
    ['small', small],
    ['large', large],
    ['empty', Buffer.alloc(0)],
    ['of exactly one part', large.subarray(0, 5 * 1024 * 1024)],
  ])('MUST come back as it was written: %s', async (_, content) => {
    const before = Date.now()
    await store.write('1.csv.gz', Readable.from(content.length === 0 ? [] : [content], { objectMode: false }))
    const file = await found('1.csv.gz')
    expect(file.size).toBe(content.length)
    expect(file.etag).toMatch(/^"[^"]+"$/)
    expect(Math.abs(file.lastModified.getTime() - before)).toBeLessThan(60_000)
    expect(sha256(await contentOf(file))).toBe(sha256(content))
    expect(await kept()).toEqual(['1.csv.gz'])
  })

  it('MUST be written from any stream, of any chunks', async () => {
    await store.write('1.csv.gz', Readable.from(['time,price\n', '1,2\n']).pipe(createGzip()))
    expect(gunzipSync(await contentOf(await found('1.csv.gz'))).toString()).toBe('time,price\n1,2\n')
    await store.write('2.csv.gz', Readable.from(['plain ', 'text']))
    expect((await contentOf(await found('2.csv.gz'))).toString()).toBe('plain text')
  })

  it('MUST be read in part', async () => {
    await store.write('1.csv.gz', Readable.from([large]))
    const file = await found('1.csv.gz')
    for (const [start, end] of [[0, 0], [0, 99], [5_000_000, 6_000_000], [large.length - 1, large.length - 1], [0, large.length - 1]] as const) {
      expect(sha256(await contentOf(file, { start, end }))).toBe(sha256(large.subarray(start, end + 1)))
    }
  }) // prettier-ignore

  it('MUST be replaced as a whole, and then be another', async () => {
    await store.write('1.csv.gz', Readable.from([small]))
    const before = await found('1.csv.gz')
    await store.write('1.csv.gz', Readable.from([Buffer.from('another')]))
    const after = await found('1.csv.gz')
    expect((await contentOf(after)).toString()).toBe('another')
    expect(after.etag).not.toBe(before.etag)
    expect(await before.read()).toBeNull()
    expect(await before.read({ start: 0, end: 1 })).toBeNull()
    expect(await before.read({ start: 10, end: 11 })).toBeNull()
  })

  it('MUST be gone once it is removed, also for who has just found it', async () => {
    await store.write('1.csv.gz', Readable.from([small]))
    await store.write('2.csv.gz', Readable.from([small]))
    const file = await found('1.csv.gz')
    await store.remove('1.csv.gz')
    expect(await store.find('1.csv.gz')).toBeNull()
    expect(await file.read()).toBeNull()
    expect(await kept()).toEqual(['2.csv.gz'])
  })

  it('MUST be null, and no error to remove, when it never was', async () => {
    expect(await store.find('1.csv.gz')).toBeNull()
    await store.remove('1.csv.gz')
    await store.write('2.csv.gz', Readable.from([small]))
    expect(await store.find('1.csv.gz')).toBeNull()
    await store.remove('1.csv.gz')
    expect(await kept()).toEqual(['2.csv.gz'])
  })

  describe.each([
    ['at once', 0],
    ['after a little', 10],
    ['after several parts', 11 * 1024 * 1024],
  ])('whose stream fails %s', (_, length) => {
    it('MUST leave nothing, and fail as the stream did', async () => {
      const failure = new Error('the database has gone')
      await expect(store.write('1.csv.gz', failing(length, failure))).rejects.toBe(failure)
      expect(await kept()).toEqual([])
    })

    it('MUST leave what was there before', async () => {
      await store.write('1.csv.gz', Readable.from([small]))
      await expect(store.write('1.csv.gz', failing(length, new Error('again')))).rejects.toThrow('again')
      expect(await contentOf(await found('1.csv.gz'))).toEqual(small)
      expect(await kept()).toEqual(['1.csv.gz'])
    })

    it('MUST leave nothing when the stream is only given up', async () => {
      const content = new PassThrough()
      const written = store.write('1.csv.gz', content)
      content.write(large.subarray(0, length))
      setTimeout(() => content.destroy(), 200)
      await expect(written).rejects.toThrow('Premature close')
      expect(await kept()).toEqual([])
    })
  })

  it('MUST NOT end the process when its stream fails before anybody reads', async () => {
    const content = new PassThrough()
    const written = store.write('1.csv.gz', content)
    content.destroy(new Error('too early'))
    await expect(written).rejects.toThrow('too early')
    const broken = new PassThrough().on('error', () => undefined).destroy(new Error('long before'))
    await vi.waitFor(() => expect(broken.closed).toBe(true))
    await expect(store.write('1.csv.gz', broken)).rejects.toThrow('long before')
    expect(await kept()).toEqual([])
  })

  it('MUST NOT keep whoever fills the stream waiting', async () => {
    const content = Readable.from([small])
    await store.write('1.csv.gz', content)
    expect(content.destroyed).toBe(true)
    const refused = new PassThrough()
    await expect(store.write('a/b', refused)).rejects.toThrow(TypeError)
    expect(refused.destroyed).toBe(true)
  })

  it.each([
    '50% of ü.wav',
    'a?b#c&d=e+f.wav',
    '%2e%2e%2fx',
    ' spaces .wav',
    'line\nbreak',
    '"quoted" \'and\' <marked>',
    '日本語',
    'x'.repeat(255),
  ])('MAY have any name that is no path: %j', async (name) => {
    await store.write(name, Readable.from([small]))
    expect(await contentOf(await found(name))).toEqual(small)
    expect(await kept()).toEqual([name])
    await store.remove(name)
    expect(await kept()).toEqual([])
  })

  it.each([
    '',
    '.',
    '..',
    '../1.csv.gz',
    '..\\1.csv.gz',
    '/1.csv.gz',
    'a/b',
    'a/../1.csv.gz',
    './1.csv.gz',
    '.hidden',
    '1.csv.gz\0',
    '\0',
    'a\ud800b',
    'x'.repeat(256),
    'ü'.repeat(128),
    'x'.repeat(5000),
  ])('MUST NOT be found, written or removed under a name that is a path, or none: %j', async (name) => {
    await store.write('1.csv.gz', Readable.from([small]))
    expect(await store.find(name)).toBeNull()
    await expect(store.write(name, Readable.from([small]))).rejects.toThrow(TypeError)
    await store.remove(name)
    expect(await kept()).toEqual(['1.csv.gz'])
  })

  it('MAY be given up while it is read', async () => {
    await store.write('1.csv.gz', Readable.from([large]))
    const content = await (await found('1.csv.gz')).read()
    for await (const chunk of content ?? []) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    await vi.waitFor(() => expect(content?.destroyed).toBe(true))
    await vi.waitFor(() => expect(s3.open).toBe(0))
  })

  it('MUST NOT mix with others that are written at the same time', async () => {
    const contents = [0, 1, 2, 3].map((index) => large.subarray(index * 1_000_000, 11_000_000))
    await Promise.all(contents.map((content, index) => store.write(`${index}.csv.gz`, Readable.from([content]))))
    for (const [index, content] of contents.entries()) {
      expect(sha256(await contentOf(await found(`${index}.csv.gz`)))).toBe(sha256(content))
    }
  })
})

describe('A directory', () => {
  let directory: string
  let store: FileStore
  beforeEach(async () => {
    directory = join(root, `deep-${counter++}`, 'below', 'that')
    store = await openFileStore({ kind: 'directory', directory })
  })

  it('MUST be made when the first file is written, for nobody else to read', async () => {
    expect(await store.find('1.csv.gz')).toBeNull()
    await store.remove('1.csv.gz')
    await expect(stat(directory)).rejects.toThrow('ENOENT')
    await store.write('1.csv.gz', Readable.from([small]))
    const modes = [directory, join(directory, '1.csv.gz')].map(async (path) =>
      ((await stat(path)).mode & 0o777).toString(8),
    )
    expect(await Promise.all(modes)).toEqual(['700', '640'])
  })

  it('MUST give nothing that is not a plain file of its own', async () => {
    await mkdir(join(directory, 'folder'), { recursive: true })
    await writeFile(join(directory, 'folder', 'inner'), small)
    await writeFile(join(directory, 'plain'), small)
    await writeFile(join(directory, '..', 'outside'), small)
    const links = {
      inside: 'plain',
      out: '../outside',
      below: 'folder/inner',
      self: 'self',
      nowhere: 'nothing',
      up: '..',
    }
    for (const [name, target] of Object.entries(links)) await symlink(target, join(directory, name))
    const there = ['folder', 'plain', ...Object.keys(links)].map(async (name) => [
      name,
      (await store.find(name)) !== null,
    ])
    expect((await Promise.all(there)).filter(([, found]) => found)).toEqual([
      ['plain', true],
      ['inside', true],
    ])
  })

  it('MUST NOT follow a link that was put there in the meantime', async () => {
    await store.write('1.csv.gz', Readable.from([small]))
    const file = await store.find('1.csv.gz')
    await rm(join(directory, '1.csv.gz'))
    await writeFile(join(directory, '..', 'outside'), small)
    await symlink('../outside', join(directory, '1.csv.gz'))
    expect(await file?.read()).toBeNull()
  })

  it('MUST lose what a process that was killed had begun, after a day, and nothing else', async () => {
    await store.write('1.csv.gz', Readable.from([small]))
    const old = new Date(Date.now() - 25 * 60 * 60 * 1000)
    for (const name of ['.old.unfinished', '.new.unfinished', '.keep', 'plain.unfinished', '2.csv.gz']) {
      await writeFile(join(directory, name), small)
      if (name !== '.new.unfinished') await utimes(join(directory, name), old, old)
    }
    await store.write('1.csv.gz', Readable.from([small]))
    expect((await readdir(directory)).sort()).toEqual([
      '.keep',
      '.new.unfinished',
      '1.csv.gz',
      '2.csv.gz',
      'plain.unfinished',
    ])
    expect(await store.find('.new.unfinished')).toBeNull()
  })

  it('MUST say so, without its path, when it cannot be read', async () => {
    await mkdir(join(directory, 'folder'), { recursive: true })
    const error: unknown = await store.remove('folder').catch((failure: unknown) => failure)
    expect(error).toMatchObject({
      code: 'UNAVAILABLE',
      originalError: { message: expect.stringMatching(/: ERR_FS_EISDIR$/) },
    })
    await writeFile(join(directory, 'file'), small)
    const odd = await openFileStore({ kind: 'directory', directory: join(directory, 'file') })
    expect(await odd.find('1.csv.gz')).toBeNull()
    await expect(odd.write('1.csv.gz', Readable.from([small]))).rejects.toMatchObject({ code: 'EEXIST' })
  })
})

/** That many bytes, then an error. */
function failing(length: number, failure: Error): Readable {
  return Readable.from(
    (function* () {
      for (let sent = 0; sent < length; sent += 1_000_000)
        yield large.subarray(sent, Math.min(sent + 1_000_000, length))
      throw failure
    })(),
  )
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
