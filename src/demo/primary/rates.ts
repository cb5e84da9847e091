import { day, moment, timestamp } from '../clock.ts'
import type { Row } from '../rows.ts'
import { uuidOf } from '../uuid.ts'
import { destinations } from '../world/destinations.ts'
import { rateGroups, rateplans } from '../world/rateplans.ts'

export const rateplanRows: readonly Row[] = rateplans.map(({ id, name }) => ({
  id,
  name,
  uuid: uuidOf('rateplan', id),
}))

export const rateGroupRows: readonly Row[] = rateGroups.map(({ id, name }) => ({ id, name }))

export const ratePlanGroupRows: readonly Row[] = rateplans
  .flatMap((plan) => plan.groups.map((group) => ({ rateplan_id: plan.id, rate_group_id: group.id })))
  .map((row, index) => ({ id: index + 1, ...row }))

export function destinationRows(now: Date): Row[] {
  const today = Math.floor(moment(now) / day)
  return destinations.map(({ id, group, zone, tariff, ...destination }) => ({
    id,
    uuid: uuidOf('destination', id),
    prefix: zone.prefix,
    dst_number_min_length: zone.numberLength - 2,
    dst_number_max_length: zone.numberLength + 2,
    rate_group_id: group.id,
    currency_id: group.currency.id,
    initial_rate: tariff.text.initialRate,
    initial_interval: tariff.initialInterval,
    next_rate: tariff.text.nextRate,
    next_interval: tariff.nextInterval,
    connect_fee: tariff.text.fee,
    attempt_fee: tariff.text.attemptFee,
    enabled: destination.enabled,
    reject_calls: destination.rejectCalls,
    reverse_billing: destination.reverseBilling,
    allow_package_billing: destination.allowPackage,
    routing_tag_ids: destination.routingTagIds,
    valid_from: timestamp((today + destination.validFrom) * day),
    valid_till: timestamp((today + destination.validTill) * day),
    network_prefix_id: zone.networkPrefixId,
  }))
}
