import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Databases } from '../backends/databases.ts'
import { findInvoiceDocument, findRecording, findRecordingTag } from '../backends/files.ts'
import type { Config } from '../config.ts'
import { clientAddress, type FileReference, type Identity } from '../identity/identity.ts'
import type { CustomerViewer } from '../identity/viewer.ts'
import { denialOf, ruleOf } from '../permissions/rule.ts'
import { fileRules } from '../schema/file-rules.ts'
import { notFound, refuse } from './answers.ts'
import type { Route } from './route.ts'
import { sendDocument, sendRecording } from './send-file.ts'

export interface FilesRouteOptions {
  readonly databases: Databases
  readonly identity: Pick<Identity, 'openFileLink'>
  readonly recordings: Config['recordings']
  readonly trustedProxies: readonly string[]
}

/** `/files/<token>`, and any name after it, for clients that make one from the URL. */
export function filesRoute(options: FilesRouteOptions): Route {
  const addressOf = clientAddress(options.trustedProxies)
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
      // One answer for every reason: a link must not tell what exists.
      if (!allowed || !(await deliver(req, res, link.viewer, link.file, options))) refuse(res, notFound)
    },
  }
}

function tokenOf(path: string): string | null {
  const [token = '', ...rest] = path.slice('/files/'.length).split('/')
  return /^[\w.~-]+$/.test(token) && rest.length <= 1 ? token : null
}

/** False when there is nothing to deliver. */
async function deliver(
  req: IncomingMessage,
  res: ServerResponse,
  { tenant }: CustomerViewer,
  { kind, id }: FileReference,
  { databases, recordings }: FilesRouteOptions,
): Promise<boolean> {
  if (kind === 'invoice') {
    const document = await findInvoiceDocument(databases, tenant, id)
    if (document !== null) sendDocument(res, document)
    return document !== null
  }
  const tag = await findRecordingTag(databases, tenant, kind === 'outgoing-recording' ? 'outgoing' : 'incoming', id)
  const file = tag === null ? null : await findRecording(recordings.directory, tag, recordings.format)
  return file !== null && sendRecording(req, res, file, recordings.format)
}
