import { type Moment, timestamp } from '../clock.ts'
import { renewals } from '../renewals.ts'
import type { Row } from '../rows.ts'
import { uuidOf } from '../uuid.ts'
import { auroraMain, auroraRetail, borealisTrunk, cascadiaMain } from '../world/accounts.ts'
import { type Service, services } from '../world/services.ts'
import { createdAt, daysBefore, paidUntil } from './services.ts'

export const renewal = 'Renew service'

/** What an account was charged, once. */
export interface Charge {
  readonly accountId: number
  readonly serviceId: number | null
  readonly amount: string
  readonly description: string
  readonly at: Moment
}

/** All that the services have cost so far, and what an administrator charged or credited besides. */
export function transactionRows(now: Date): Row[] {
  return chargeRows([...services.flatMap((service) => chargesFor(service, now)), ...corrections(now)], 1)
}

function chargesFor(service: Service, now: Date): Charge[] {
  const { id: serviceId, account, initialPrice, renewPrice, renewPeriod } = service
  const common = { accountId: account.id, serviceId }
  const created = createdAt(service, now)
  const times = renewPeriod ? renewals(renewPeriod, created, paidUntil(service, now)) : []
  return [
    { ...common, amount: initialPrice, description: 'Service creation', at: created },
    ...times.map((at) => ({ ...common, amount: renewPrice, description: renewal, at })),
  ]
}

function corrections(now: Date): Charge[] {
  return [auroraMain, auroraRetail, borealisTrunk, cascadiaMain].flatMap(({ id: accountId }) => [
    { accountId, serviceId: null, amount: '-7.25', description: 'Credit for an outage', at: daysBefore(now, 17) },
    {
      accountId,
      serviceId: null,
      amount: '3.5',
      description: 'Printed manual, "2nd edition"',
      at: daysBefore(now, 45),
    },
  ])
}

/** In order of time; what is for nothing leaves no trace. */
export function chargeRows(charges: readonly Charge[], firstId: number): Row[] {
  return charges
    .filter(({ amount }) => Number(amount) !== 0)
    .sort((one, other) => one.at - other.at)
    .map(({ accountId, serviceId, amount, description, at }, index) => ({
      id: firstId + index,
      uuid: uuidOf('transaction', `${accountId}/${serviceId}/${at}/${description}`),
      account_id: accountId,
      service_id: serviceId,
      amount,
      description,
      created_at: timestamp(at),
    }))
}
