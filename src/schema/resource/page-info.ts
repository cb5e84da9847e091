import { builder } from '../builder.ts'
import type { Connection } from './connection.ts'

/** Where a page stands in its list. It says nothing of rows: the list's own rule stands at the root field. */
export const PageInfo = builder.objectRef<Connection>('PageInfo')

const rule = { authenticated: true } as const

builder.objectType(PageInfo, {
  description: 'Where a page stands in its list.',
  fields: (t) => ({
    hasNextPage: t.boolean({
      nullable: false,
      authScopes: rule,
      resolve: async (list) => (await list.page()).hasNextPage,
    }),
    hasPreviousPage: t.boolean({
      nullable: false,
      authScopes: rule,
      resolve: async (list) => (await list.page()).hasPreviousPage,
    }),
    startCursor: t.string({
      description: 'For `before`. Opaque; it works for this list in this order only.',
      authScopes: rule,
      resolve: async (list) => cursorAt(list, (await list.page()).rows.at(0)),
    }),
    endCursor: t.string({
      description: 'For `after`. Opaque; it works for this list in this order only.',
      authScopes: rule,
      resolve: async (list) => cursorAt(list, (await list.page()).rows.at(-1)),
    }),
  }),
})

function cursorAt(list: Connection, row: Parameters<Connection['cursor']>[0] | undefined): string | null {
  return row ? list.cursor(row) : null
}
