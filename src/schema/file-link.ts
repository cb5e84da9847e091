import { builder } from './builder.ts'
import { customerOf, type Context } from './context.ts'
import type { FileReference } from '../identity/identity.ts'
import { plain } from './resource/plain.ts'
import type { RuleMap } from '../permissions/rule.ts'

/** A link to a file, made when it is asked for. */
interface FileLink {
  readonly url: string
  readonly expiresAt: string
  readonly contentType: string
}

/** A link type under the rule of what it opens. */
export function fileLinkType(name: string, description: string, rule: RuleMap) {
  return builder.objectRef<FileLink>(name).implement({
    description,
    fields: (t) => ({
      url: t.string({
        description:
          'Works without further credentials, for this login only, until it expires or the login loses the right. Range requests are answered.',
        authScopes: rule,
        ...plain((link: FileLink) => link.url),
      }),
      expiresAt: t.field({ type: 'DateTime', authScopes: rule, ...plain((link: FileLink) => link.expiresAt) }),
      contentType: t.string({ authScopes: rule, ...plain((link: FileLink) => link.contentType) }),
    }),
  })
}

/** Makes a link to a file. `name` is what browsers save it as. */
export async function fileLink(
  context: Context,
  file: FileReference,
  name: string,
  contentType: string,
): Promise<FileLink> {
  const { token, expiresAt } = await context.identity.fileLink(customerOf(context), file)
  return {
    url: `${context.origin}/files/${token}/${encodeURIComponent(name)}`,
    expiresAt: expiresAt.toISOString(),
    contentType,
  }
}
