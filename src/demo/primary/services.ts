import { type Moment, day, hour, minute, moment, timestamp } from '../clock.ts'
import { nextRenewal } from '../renewals.ts'
import type { Row } from '../rows.ts'
import { uuidOf } from '../uuid.ts'
import { type Service, renewPeriodIds, serviceTypes, services } from '../world/services.ts'

export const serviceStates = { active: 10, suspended: 20 }

export const serviceTypeRows: readonly Row[] = serviceTypes.map((type) => ({
  id: type.id,
  name: type.name,
  provisioning_class: type.provisioningClass,
  ui_type: type.uiType,
  force_renew: type.forceRenew,
  variables: type.variables,
}))

export function serviceRows(now: Date): Row[] {
  return services
    .filter(({ isGone }) => !isGone)
    .map((service) => ({
      id: service.id,
      uuid: uuidOf('service', service.id),
      name: service.name,
      type_id: service.type.id,
      account_id: service.account.id,
      state_id: service.suspendedDaysAgo === null ? serviceStates.active : serviceStates.suspended,
      initial_price: service.initialPrice,
      renew_price: service.renewPrice,
      renew_period_id: service.renewPeriod && renewPeriodIds[service.renewPeriod],
      renew_at: renewAt(service, now),
      variables: service.variables,
      created_at: timestamp(createdAt(service, now)),
    }))
}

/** In office hours. */
export function createdAt({ id, createdDaysAgo }: Service, now: Date): Moment {
  return daysBefore(now, createdDaysAgo) + 9 * hour + (id % 100) * minute
}

/** Midnight of a day some days ago. */
export function daysBefore(now: Date, days: number): Moment {
  return (Math.floor(moment(now) / day) - days) * day
}

/** Until when a service could be paid for. */
export function paidUntil({ suspendedDaysAgo }: Service, now: Date): Moment {
  return suspendedDaysAgo === null ? moment(now) : daysBefore(now, suspendedDaysAgo)
}

function renewAt(service: Service, now: Date): string | null {
  return service.renewPeriod && timestamp(nextRenewal(service.renewPeriod, paidUntil(service, now)))
}
