export interface RoutingTag {
  readonly id: number
  readonly name: string
}

/** Calls with it have rates of their own. */
export const unitedKingdom: RoutingTag = { id: 1, name: 'UK origin' }

export const routingTags: readonly RoutingTag[] = [
  unitedKingdom,
  { id: 2, name: 'EU origin' },
  { id: 3, name: 'Premium' },
]
