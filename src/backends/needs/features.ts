/** What an operator can choose to serve; each needs rights of its own. The first one all others build on. */
export const features = {
  read: 'customers sign in and look at everything',
  numberlists: 'customers change the items of their numberlists',
  exports: 'customers have files made of their calls',
  payments: 'customers pay by Cryptomus',
  admin: "administrators manage profiles and logins; changes appear in Yeti's audit log",
} as const

export type Feature = keyof typeof features

export const featureNames = Object.keys(features) as readonly Feature[] // it has no other keys

/** In their own order, each once, and with what they build on. */
export function completed(chosen: Iterable<Feature>): readonly Feature[] {
  const all = new Set<Feature>(['read', ...chosen])
  return featureNames.filter((feature) => all.has(feature))
}
