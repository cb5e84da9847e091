import type { Row } from '../rows.ts'
import { uuidOf } from '../uuid.ts'
import { countries } from '../world/countries.ts'
import { type Currency, currencies, usdt } from '../world/currencies.ts'
import { networkTypes, transportProtocols } from '../world/networks.ts'
import { zones } from '../world/zones.ts'

function currencyRow({ id, name, rate, rateProviderId }: Currency): Row {
  return { id, name, rate: Number(rate) / 1e6, rate_provider_id: rateProviderId }
}

export const currencyRows: readonly Row[] = currencies.map(currencyRow)
export const cryptoCurrencyRows: readonly Row[] = [currencyRow(usdt)]

export const countryRows: readonly Row[] = countries.map(({ id, name, iso2 }) => ({ id, name, iso2 }))

export const networkTypeRows: readonly Row[] = networkTypes.map(({ id, name }) => ({
  id,
  name,
  uuid: uuidOf('network type', id),
  sorting_priority: id === 1 ? 999 : id,
}))

export const networkRows: readonly Row[] = zones.map(({ networkId, network, networkTypeId }) => ({
  id: networkId,
  name: network,
  type_id: networkTypeId,
  uuid: uuidOf('network', networkId),
}))

export const networkPrefixRows: readonly Row[] = zones.map((zone) => ({
  id: zone.networkPrefixId,
  prefix: zone.prefix,
  network_id: zone.networkId,
  country_id: zone.country.id,
  number_min_length: 0,
  number_max_length: 100,
  uuid: uuidOf('network prefix', zone.networkPrefixId),
}))

export const transportProtocolRows: readonly Row[] = transportProtocols.map(({ id, name }) => ({ id, name }))
