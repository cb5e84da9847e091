import { NoColumnError, type UnkeptFlag } from '../../backends/access-profiles.ts'
import { ConflictError } from '../../errors.ts'
import { permissionKeys, permissions } from '../../permissions/permissions.ts'
import { problemDetails } from './access-profile-document.ts'

/** What goes wrong with a flag that this Yeti is too old to keep; any other error as it is. `argumentOf`: what says so. */
export function explainUnkept(error: unknown, argumentOf: (flag: UnkeptFlag) => string): unknown {
  if (!(error instanceof NoColumnError)) return error
  const problems = error.flags.map((flag) => ({ argument: argumentOf(flag), message: messageOf(flag) }))
  const [first] = problems
  return first ? new ConflictError(first.argument, first.message, problemDetails(problems)) : error
}

/** The argument of mutations whose `input` has the flags. */
export function flagOfInput({ column }: UnkeptFlag): string {
  return `input.${permissionKeys.find((key) => permissions[key].column === column) ?? column}`
}

function messageOf({ column, holds }: UnkeptFlag): string {
  return `this Yeti is older than ${column}, which is ${holds ? 'on' : 'off'} for everybody until it is upgraded.`
}
