import { randomUUID } from 'node:crypto'
import { constants, type BigIntStats } from 'node:fs'
import { mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { UnavailableError } from '../../errors.ts'
import type { FileStore, StoredFile } from '../file-store.ts'
import { isFileName } from './names.ts'
import { usingUp } from './using-up.ts'

/** Files of one directory, which is made when the first is written. Nothing below it, nothing that it links to outside. */
export function openDirectoryStore(directory: string): FileStore {
  return {
    find: (name) => (isFileName(name) ? unlessAbsent(() => find(directory, name)) : Promise.resolve(null)),
    write: (name, content) => usingUp(name, content, () => write(directory, name, content)),
    async remove(name) {
      if (isFileName(name)) await unlessAbsent(() => rm(join(directory, name)))
    },
    [Symbol.dispose]() {},
  }
}

async function find(directory: string, name: string): Promise<StoredFile | null> {
  const store = await realpath(directory)
  const path = await realpath(join(store, name))
  const stats = await stat(path, { bigint: true })
  if (dirname(path) !== store || !stats.isFile()) return null
  const etag = etagOf(stats)
  const size = Number(stats.size)
  return {
    size,
    lastModified: stats.mtime,
    etag,
    // Never beyond what it was: it may be growing.
    read: (range = { start: 0, end: size - 1 }) => unlessAbsent(() => read(path, etag, range)),
  }
}

/** Strong: a file is written once, and its time is known to the nanosecond. */
function etagOf({ size, mtimeNs }: BigIntStats): string {
  return `"${size.toString(16)}-${mtimeNs.toString(16)}"`
}

async function read(path: string, etag: string, range: { start: number; end: number }): Promise<Readable | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  const isSame = etagOf(await file.stat({ bigint: true })) === etag
  if (isSame && range.end >= range.start) return file.createReadStream(range)
  await file.close()
  return isSame ? Readable.from([]) : null
}

const unfinished = '.unfinished'

async function write(directory: string, name: string, content: Readable): Promise<void> {
  // Calls are personal data; who else may read them is said by the owner of a directory that is there already.
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await removeLeftovers(directory)
  const path = join(directory, `.${randomUUID()}${unfinished}`)
  // Before anything is written: a stream that opens its file by itself may do so after it has failed and was removed.
  // For the group too, which is the directory's where that hands it down: the web server in front of Yeti reads them.
  const file = await open(path, 'wx', 0o640)
  try {
    await pipeline(content, file.createWriteStream())
    await rename(path, join(directory, name))
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

/** Milliseconds after which nobody is believed to be writing any more. */
const abandoned = 24 * 60 * 60 * 1000

/** What a process that was killed had begun. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith('.') || !name.endsWith(unfinished)) continue
    const path = join(directory, name)
    const stats = await unlessAbsent(() => stat(path))
    if (stats !== null && stats.mtimeMs < Date.now() - abandoned) await rm(path, { force: true })
  }
}

const absent = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'])

async function unlessAbsent<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (absent.has(code)) return null
    if (code === '') throw error
    // Without the message, which has the path.
    throw new UnavailableError(new Error(`The directory of files cannot be read: ${code}`))
  }
}
