export interface Contractor {
  readonly id: number
  readonly name: string
  readonly customer: boolean
  readonly vendor: boolean
  readonly description: string | null
  readonly address: string
  readonly phones: string | null
  readonly externalId: number | null
}

/** The customer of alice, bob, carol, dave and frank. */
export const aurora: Contractor = {
  id: 101,
  name: 'Aurora Telecom',
  customer: true,
  vendor: true,
  description: 'Retail operator, buys and sells minutes',
  address: 'Große Bleichen 12, 20354 Hamburg, Germany',
  phones: '+49 40 555 0101',
  externalId: 90101,
}

/** The customer of erin. */
export const borealis: Contractor = {
  id: 102,
  name: 'Borealis Voice AB',
  customer: true,
  vendor: true,
  description: null,
  address: 'Sveavägen 44, 111 34 Stockholm, Sweden',
  phones: '+46 8 555 0102',
  externalId: 90102,
}

/** Nobody can sign in for this one: its rows must never be seen through anybody's login. */
export const cascadia: Contractor = {
  id: 103,
  name: 'Cascadia "Long Lines", Inc.',
  customer: true,
  vendor: true,
  description: 'Has no portal login',
  address: '500 Pine Street, Seattle, WA 98101, United States',
  phones: null,
  externalId: null,
}

/** Terminates only. */
export const delta: Contractor = {
  id: 104,
  name: 'Delta Transit',
  customer: false,
  vendor: true,
  description: 'Wholesale carrier',
  address: '8 Marina View, Singapore 018960',
  phones: null,
  externalId: 90104,
}

export const contractors: readonly Contractor[] = [aurora, borealis, cascadia, delta]
