import { BREAK, GraphQLError, Kind, visit, type ASTNode, type DocumentNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { withoutValue } from './value-errors.ts'

/** How many words a document may have. The portal's largest have some hundred; deeper ones overflow the stack. */
const maxTokens = 2000

const valueKinds: ReadonlySet<string> = new Set<string>([
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
  Kind.OBJECT_FIELD,
])

/** Bounds documents, and gives errors about values the code and the path of the argument they are about, but no value. */
export function useDocumentChecks(): Plugin {
  return {
    onParse({ parseFn, setParseFn }) {
      setParseFn((source, options) => parseFn(source, { ...options, maxTokens }))
    },
    onValidate({ params }) {
      return ({ result, setResult }) => {
        if (result.some(isAboutValue)) setResult(result.map((error) => named(error, params.documentAST)))
      }
    },
  }
}

function isAboutValue(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError && error.nodes?.[0] !== undefined && valueKinds.has(error.nodes[0].kind)
}

function named(error: unknown, document: DocumentNode): unknown {
  // Yoga keeps what was found in a document, and shows it here again when the same one comes again.
  if (!isAboutValue(error) || 'argument' in error.extensions) return error
  const argument = error.nodes?.[0] && argumentPath(document, error.nodes[0])
  const message = withoutValue(error)
  return new GraphQLError(argument ? `${argument}: ${message}` : message, {
    ...(error.nodes && { nodes: error.nodes }),
    extensions: { ...error.extensions, ...(argument && { code: 'BAD_USER_INPUT', argument }) },
  })
}

/** The path of a value from its argument down: `where.timeStart.gte`. */
function argumentPath(document: DocumentNode, value: ASTNode): string | undefined {
  let found: string | undefined
  visit(document, {
    enter(node, _key, parent, _path, ancestors) {
      if (node !== value) return undefined
      // Ancestors end before the parent, and lists of siblings are among them.
      const line = [...ancestors, ...(parent ? [parent] : []), node].filter((step): step is ASTNode => 'kind' in step)
      const names = line.flatMap((step) =>
        step.kind === Kind.ARGUMENT || step.kind === Kind.OBJECT_FIELD ? [step.name.value] : [],
      )
      found = names.join('.')
      return BREAK
    },
  })
  return found
}
