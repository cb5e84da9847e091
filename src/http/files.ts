import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Databases } from '../backends/databases.ts'
import { exportFileName } from '../backends/exports/columns.ts'
import type { FileStores } from '../backends/file-store.ts'
import { findExport, findInvoiceDocument, findRecordingTag } from '../backends/files.ts'
import type { Config } from '../config.ts'
import { clientAddress, type Identity, type OpenedFileLink } from '../identity/identity.ts'
import { actingMark } from '../identity/viewer.ts'
import type { Log } from '../log.ts'
import { denialOf, ruleOf } from '../permissions/rule.ts'
import { exportColumnsAllowed } from '../schema/export-file.ts'
import { fileRules } from '../schema/file-rules.ts'
import { notFound, refuse } from './answers.ts'
import type { Route } from './route.ts'
import { sendDocument, sendFile, type Delivery } from './send-file.ts'

export interface FilesRouteOptions {
  readonly config: Pick<Config, 'http' | 'recordings' | 'hiddenFields'>
  readonly databases: Databases
  readonly identity: Pick<Identity, 'openFileLink'>
  readonly log: Log
  readonly stores: FileStores
}

/** `/files/<token>`, and any name after it, for clients that make one from the URL. */
export function filesRoute(options: FilesRouteOptions): Route {
  const addressOf = clientAddress(options.config.http.trustedProxies)
  return {
    path: '/files',
    below: true,
    methods: ['GET', 'HEAD'],
    cors: true,
    async handle(req, res, { path }) {
      res.setHeader('Cache-Control', 'private, no-store')
      const token = tokenOf(path)
      const link = token === null ? null : await options.identity.openFileLink(token, addressOf(req))
      // Decided again: the link may be older than the profile.
      const allowed = link !== null && denialOf(ruleOf(fileRules[link.file.kind]), link.viewer.scopes) === null
      if (link !== null) mark(link, { address: addressOf(req), allowed }, options.log)
      // One answer for every reason: a link must not tell what exists.
      if (!allowed || !(await deliver(req, res, link, options))) refuse(res, notFound)
    },
  }
}

function mark({ viewer, file }: OpenedFileLink, asked: object, log: Log): void {
  const acting = actingMark(viewer)
  if (acting !== null) log.info({ ...acting, ...asked, file: file.kind, id: file.id }, 'A file, acting as a login')
}

function tokenOf(path: string): string | null {
  const [token = '', ...rest] = path.slice('/files/'.length).split('/')
  return /^[\w.~-]+$/.test(token) && rest.length <= 1 ? token : null
}

/** False when there is nothing to deliver. */
async function deliver(
  req: IncomingMessage,
  res: ServerResponse,
  link: OpenedFileLink,
  options: FilesRouteOptions,
): Promise<boolean> {
  if (link.file.kind === 'invoice') {
    const document = await findInvoiceDocument(options.databases, link.viewer.tenant, link.file.id)
    if (document !== null) sendDocument(res, document)
    return document !== null
  }
  const delivery = await (link.file.kind === 'export' ? exportOf(link, options) : recordingOf(link, options))
  return delivery !== null && sendFile(req, res, delivery)
}

const audioTypes = { mp3: 'audio/mpeg', wav: 'audio/wav' } as const

async function recordingOf(
  { viewer, file: { kind, id } }: OpenedFileLink,
  { config, databases, stores }: FilesRouteOptions,
): Promise<Delivery | null> {
  const { format } = config.recordings
  const direction = kind === 'outgoing-recording' ? 'outgoing' : 'incoming'
  const tag = await findRecordingTag(databases, viewer.tenant, direction, id)
  const name = `${tag}.${format}`
  const file = tag === null ? null : await stores.recordings.find(name)
  return file && { file, name, type: audioTypes[format], disposition: 'inline' }
}

async function exportOf(
  { viewer, file: { id } }: OpenedFileLink,
  { config, databases, stores }: FilesRouteOptions,
): Promise<Delivery | null> {
  const made = await findExport(databases, viewer.tenant, id)
  // The columns are in the file: one that is denied by now denies it.
  if (made === null || !exportColumnsAllowed(made.fields, viewer.scopes, config.hiddenFields.outgoingCdr)) return null
  const file = await stores.exports.find(exportFileName(made.id))
  return file && { file, name: `${made.uuid}.csv.gz`, type: 'application/gzip', disposition: 'attachment' }
}
