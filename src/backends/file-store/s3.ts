import { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  S3Client,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import type { S3Config } from '../../config.ts'
import type { FileStore, StoredFile } from '../file-store.ts'
import { isFileName } from './names.ts'
import { s3Failure, statusOf } from './s3-failure.ts'
import { usingUp } from './using-up.ts'

export interface S3StoreOptions {
  readonly bucket: string
  readonly s3: S3Config
  /** What stands before a file's name in its key. */
  readonly prefix: string
  readonly limits?: S3Limits
}

/** Milliseconds. Each try has them anew: the client tries three times. */
export interface S3Limits {
  readonly connect: number
  /** Until the head of an answer is there. */
  readonly answer: number
  /** The same for what carries a part of a file. */
  readonly upload: number
  /** Without a byte, in the midst of a file; a slow listener makes such pauses too. */
  readonly silence: number
}

const usualLimits: S3Limits = { connect: 3_000, answer: 5_000, upload: 60_000, silence: 120_000 }

/** How many parts of a file (5 MiB each) are kept in memory to be sent. */
const partsAtATime = 2

/** Objects of one bucket whose keys begin with a prefix. */
export function openS3Store({ bucket, s3, prefix, limits = usualLimits }: S3StoreOptions): FileStore {
  const client = createClient(s3, limits)
  const objectOf = (name: string): ObjectName => ({ Bucket: bucket, Key: prefix + name })
  const timing = { requestTimeout: limits.answer }
  return {
    async find(name) {
      if (!isFileName(name)) return null
      const object = objectOf(name)
      const head = await unless([404], () => client.send(new HeadObjectCommand(object), timing))
      return head && storedFile(client, object, head, timing)
    },
    write: (name, content) => usingUp(name, content, () => upload(client, objectOf(name), content)),
    async remove(name) {
      if (isFileName(name)) await unless([404], () => client.send(new DeleteObjectCommand(objectOf(name)), timing))
    },
    [Symbol.dispose]: () => client.destroy(),
  }
}

interface ObjectName {
  readonly Bucket: string
  readonly Key: string
}

function createClient({ endpoint, region, credentials, forcePathStyle }: S3Config, limits: S3Limits): S3Client {
  // A slow listener holds a connection; the others must not wait for it.
  const agent = { maxSockets: Infinity }
  return new S3Client({
    region,
    forcePathStyle,
    ...(endpoint !== null && { endpoint }),
    ...(credentials !== null && { credentials }),
    // Not every S3-compatible storage knows those that Amazon's would like.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: limits.connect,
      requestTimeout: limits.upload,
      throwOnRequestTimeout: true,
      socketTimeout: limits.silence,
      httpAgent: agent,
      httpsAgent: agent,
    },
  })
}

function storedFile(
  client: S3Client,
  object: ObjectName,
  { ContentLength = 0, LastModified = new Date(0), ETag }: HeadObjectCommandOutput,
  timing: { readonly requestTimeout: number },
): StoredFile {
  return {
    size: ContentLength,
    lastModified: LastModified,
    etag: ETag ?? `W/"${ContentLength.toString(16)}-${LastModified.getTime().toString(16)}"`,
    async read(range) {
      const wanted = {
        ...object,
        ...(ETag !== undefined && { IfMatch: ETag }),
        ...(range && { Range: `bytes=${range.start}-${range.end}` }),
      }
      const part = await unless([404, 412, 416], () => client.send(new GetObjectCommand(wanted), timing))
      return part && bodyOf(part, range ? range.end - range.start + 1 : ContentLength)
    },
  }
}

/** The bytes of an answer, as many as were asked for: a storage may not know ranges, and more must not go out. */
function bodyOf({ Body, ContentLength }: { Body?: unknown; ContentLength?: number | undefined }, length: number) {
  if (!(Body instanceof Readable)) throw s3Failure(new TypeError('An answer without a body'))
  if (ContentLength === length) return Body
  Body.destroy()
  throw s3Failure(new RangeError('Another number of bytes than asked for'))
}

/** In parts, so that it need not be known how long it is. A part that fails takes those before it away again. */
async function upload(client: S3Client, object: ObjectName, content: Readable): Promise<void> {
  try {
    await new Upload({ client, params: { ...object, Body: content }, queueSize: partsAtATime }).done()
  } catch (error) {
    throw isOf(content, error) ? error : s3Failure(error)
  }
}

/** Whether it was the stream that failed, and not the storage. */
function isOf(content: Readable, error: unknown): boolean {
  return (
    error === content.errored ||
    (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')
  )
}

/** null when the storage answers with one of these. */
async function unless<T>(statuses: readonly number[], work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    const status = statusOf(error)
    if (status !== undefined && statuses.includes(status)) return null
    throw s3Failure(error)
  }
}
