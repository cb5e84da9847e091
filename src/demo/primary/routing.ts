import { day, moment, timestamp } from '../clock.ts'
import type { Row } from '../rows.ts'
import { uuidOf } from '../uuid.ts'
import { gateways } from '../world/gateways.ts'
import { actionId, modeId, numberlists } from '../world/numberlists.ts'
import { routingTags } from '../world/routing-tags.ts'

export const gatewayRows: readonly Row[] = gateways.map(({ id, name, contractor, enabled, allowsJwt }) => ({
  id,
  name,
  uuid: uuidOf('gateway', id),
  contractor_id: contractor.id,
  enabled,
  incoming_auth_allow_jwt: allowsJwt,
}))

export const routingTagRows: readonly Row[] = routingTags.map(({ id, name }) => ({ id, name }))

const age = 200 * day

export function numberlistRows(now: Date): Row[] {
  const created = timestamp(moment(now) - age)
  return numberlists.map((list) => ({
    id: list.id,
    name: list.name,
    mode_id: modeId(list),
    default_action_id: actionId(list.defaultAction),
    created_at: created,
    updated_at: created,
  }))
}

/** The latest of a list came yesterday, the others one a day before it. */
export function numberlistItemRows(now: Date): Row[] {
  return numberlists
    .flatMap((list) => list.items.map((item, index) => ({ ...item, list, daysAgo: (list.items.length - index) % 180 })))
    .map(({ list, key, action, daysAgo }, index) => {
      const created = timestamp(moment(now) - (1 + daysAgo) * day)
      return {
        id: 1 + index,
        numberlist_id: list.id,
        key,
        action_id: actionId(action),
        created_at: created,
        updated_at: created,
      }
    })
}
