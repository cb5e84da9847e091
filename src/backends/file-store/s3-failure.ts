import { UnavailableError } from '../../errors.ts'

/**
 * An error of the S3 client as one that may be shown and logged. Made anew: the client's own carry names of buckets and
 * hosts, keys, and whatever the storage wrote.
 */
export function s3Failure(error: unknown): UnavailableError {
  return new UnavailableError(new Error(reasonOf(error)))
}

/** The HTTP status of the storage's answer; undefined when there was none. */
export function statusOf(error: unknown): number | undefined {
  const metadata = property(error, '$metadata')
  const status = property(metadata, 'httpStatusCode')
  return typeof status === 'number' ? status : undefined
}

function reasonOf(error: unknown): string {
  const status = statusOf(error)
  const name = wordOf(property(error, 'name'))
  if (status === 401 || status === 403)
    return `The file storage refuses our credentials, or they lack a right: ${status} ${name}`.trimEnd()
  if (status !== undefined) return `The file storage failed: ${status} ${name}`.trimEnd()
  if (name === 'CredentialsProviderError') return 'There are no credentials for the file storage'
  return `The file storage does not answer: ${wordOf(property(error, 'code')) || name}`
}

/** Codes and names of errors are words; anything else is not ours to repeat. An answer to HEAD says none. */
function wordOf(value: unknown): string {
  return typeof value === 'string' && /^(?!Unknown)\w{1,60}$/.test(value) ? value : ''
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
