import { BREAK, SchemaMetaFieldDef, TypeMetaFieldDef, visit, type DocumentNode } from 'graphql'

const answers = new WeakMap<DocumentNode, boolean>()

/** Whether a document asks for the schema itself, anywhere in it, in a fragment too. */
export function asksForSchema(document: DocumentNode): boolean {
  let asks = answers.get(document)
  if (asks === undefined) answers.set(document, (asks = search(document)))
  return asks
}

function search(document: DocumentNode): boolean {
  let found = false
  visit(document, {
    Field(node) {
      if (node.name.value !== SchemaMetaFieldDef.name && node.name.value !== TypeMetaFieldDef.name) return undefined
      found = true
      return BREAK
    },
  })
  return found
}
