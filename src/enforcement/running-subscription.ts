import type { Viewer } from '../identity/viewer.ts'
import { permissionKeys, permissions, type Permission } from '../permissions/permissions.ts'
import type { Decision } from './decision.ts'
import { operationOf } from './operations.ts'
import type { Ruling, SubscriptionArgs } from './ruling.ts'
import { rootFieldsOf } from './source.ts'

/** What a ruling needs flags for. */
export interface Needs {
  /** Nothing may be told any more when one of these is lost. */
  readonly endsWithout: readonly Permission[]
  /** Something that is told becomes null when one of these is. */
  readonly losesWithout: readonly Permission[]
}

/** As long as anybody would call an operation. */
const maxName = 100

/** What the registry is told of a running subscription; null where no profile decides what its viewer sees. */
export function runningSubscription(args: SubscriptionArgs, judge: Judge, ruling: Ruling) {
  const { viewer } = ruling
  if (viewer.kind !== 'customer') return null
  const { loginId, login, accessProfile } = viewer
  return { loginId, login, accessProfileId: accessProfile.id, ...operationOfRuling(args, judge, ruling) }
}

type Judge = (viewer: Viewer) => Ruling

/** What there is to say of an operation under a decision, whoever asks for it. */
interface Told {
  readonly operationName: string | null
  readonly rootField: string
  /** Columns. */
  readonly endsWithout: readonly string[]
  readonly losesWithout: readonly string[]
}

/** Decisions are shared by all who ask the same with the same flags; each way of answering denials has needs of its own. */
const known = { part: new WeakMap<Decision, Told>(), whole: new WeakMap<Decision, Told>() }

function operationOfRuling(args: SubscriptionArgs, judge: Judge, ruling: Ruling): Told {
  const cache = ruling.wholeOrNothing ? known.whole : known.part
  let told = cache.get(ruling.decision)
  if (!told) {
    const { endsWithout, losesWithout } = needsOf(judge, ruling)
    told = {
      operationName:
        operationOf({ ...args, operationName: args.operationName, variables: {} })?.name?.value.slice(0, maxName) ??
        null,
      rootField: rootFieldsOf(args)?.next().value?.node.name.value ?? '',
      endsWithout: endsWithout.map(columnOf),
      losesWithout: losesWithout.map(columnOf),
    }
    cache.set(ruling.decision, told)
  }
  return told
}

function columnOf(permission: Permission): string {
  return permissions[permission].column
}

/**
 * Found by ruling again without each flag in turn. Rules need all of their flags, so what the loss of several takes is
 * what the loss of each of them takes.
 */
export function needsOf(judge: Judge, ruling: Ruling): Needs {
  const { decision, viewer } = ruling
  const held = permissionKeys.filter((key) => decision.asked.includes(key) && viewer.scopes[key])
  const without = held.map((key) => ({ key, ruling: judge(viewerWithout(viewer, key)) }))
  return {
    endsWithout: without.flatMap((one) => (one.ruling.refusal ? [one.key] : [])),
    losesWithout: without.flatMap((one) => (!one.ruling.refusal && tellsLess(one.ruling, ruling) ? [one.key] : [])),
  }
}

function viewerWithout(viewer: Viewer, permission: Permission): Viewer {
  return { ...viewer, scopes: Object.assign(Object.create(null), viewer.scopes, { [permission]: false }) }
}

/** Whether a ruling leaves out something that the other one does not. */
function tellsLess(now: Ruling, before: Ruling): boolean {
  const left = new Set(before.decision.places.map(({ path }) => path.join('.')))
  return now.decision.places.some(({ path }) => !left.has(path.join('.')))
}
