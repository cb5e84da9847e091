import type { Viewer } from '../identity/viewer.ts'
import type { Context } from '../schema/context.ts'
import type { Decision } from './decision.ts'

type DeniedViewer = Parameters<Context['denials']['count']>[0]

/** Counts what an operation is denied: each permission once, at however many places. */
export function countDenied({ denials, viewer }: Context, decision: Decision): void {
  if (decision.places.length > 0) denials.count(deniedViewer(viewer), permissionsOf(decision))
}

/** What a decision says does not change from request to request. */
const missing = new WeakMap<Decision, ReadonlySet<string>>()

function permissionsOf(decision: Decision): ReadonlySet<string> {
  let permissions = missing.get(decision)
  if (!permissions) {
    const names = decision.places.map(({ denial }) => (denial.code === 'FORBIDDEN' ? denial.permission : denial.code))
    missing.set(decision, (permissions = new Set(names)))
  }
  return permissions
}

function deniedViewer(viewer: Viewer): DeniedViewer {
  if (viewer.kind === 'anonymous') return { kind: 'anonymous', loginId: null, adminId: null, name: '' }
  if (viewer.kind === 'admin') return { kind: 'admin', loginId: null, adminId: viewer.adminId, name: viewer.username }
  const { actor, loginId, login, customer } = viewer
  // What an administrator tries is not to be held against the customer.
  if (actor) return { kind: 'acting_admin', loginId: null, adminId: actor.adminId, name: actor.username }
  if (loginId === null) return { kind: 'dynamic_token', loginId, adminId: null, name: customer.name }
  return { kind: 'login', loginId, adminId: null, name: login }
}
