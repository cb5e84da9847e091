import { type Random, createChooser } from '../random.ts'
import { type CustomersAuth, customersAuth } from '../world/customers-auth.ts'
import { type Destination, destinations, isUsable } from '../world/destinations.ts'
import { type Tariff, inCurrency } from '../world/tariff.ts'

/** Something that can be called through a customer's rate plan, at the price in the account's currency. */
export interface Offer {
  readonly destination: Destination
  readonly tariff: Tariff
}

function offersTo(auth: CustomersAuth): Offer[] {
  return destinations
    .filter((destination) => isUsable(destination) && auth.rateplan.groups.includes(destination.group))
    .map((destination) => ({
      destination,
      tariff: inCurrency(destination.tariff, destination.group.currency, auth.account.currency),
    }))
}

const busy = customersAuth.filter((auth) => auth.weight > 0)

export const pickAuth = createChooser(busy, (auth) => auth.weight)

const choosers = new Map(
  busy.map((auth) => [auth.id, createChooser(offersTo(auth), ({ destination }) => destination.zone.weight)]),
)

export function pickOffer(auth: CustomersAuth, random: Random): Offer {
  const choose = choosers.get(auth.id)
  if (!choose) throw new RangeError(`nobody calls through ${auth.name}`)
  return choose(random)
}
