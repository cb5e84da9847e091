import type { GraphQLError } from 'graphql'

/**
 * What GraphQL says of a value, without the value: that may be a password, or the object that has one, and what errors
 * say ends up in logs of front ends and proxies. Where it stands and what was expected remains.
 */
export function withoutValue({ message, originalError }: GraphQLError): string {
  if (message.startsWith('Variable "$')) return ofVariable(message, originalError?.message)
  if (message.startsWith('Argument "')) return message.replace(/ has invalid value [\s\S]*$/, ' has an invalid value.')
  return ofValue(message, originalError?.message)
}

/** `Variable "$input" got invalid value { … } at "input.login"; ` and what was expected there. */
function ofVariable(message: string, expectation: string | undefined): string {
  const [, subject] = /^(Variable "\$\w+" got invalid value) /.exec(message) ?? []
  if (subject === undefined || expectation === undefined) return message
  const [place = ''] = / at "[^"\\]+"$/.exec(message.slice(0, -`; ${expectation}`.length)) ?? []
  // What a name is compared with is a value here, and a word of the document elsewhere.
  return `${subject}${place}; ${ofValue(expectation).replace(/^Value "[\s\S]*" does not exist/, 'Value does not exist')}`
}

function ofValue(message: string, expectation?: string): string {
  const [found] = /, found [\s\S]*$/.exec(message) ?? []
  if (found !== undefined && message.startsWith('Expected value of type'))
    return `${message.slice(0, -found.length)}${expectation === undefined ? '.' : `; ${expectation}`}`
  return message.replace(/( cannot represent [\w -]*value): [\s\S]*$/, '$1.')
}
