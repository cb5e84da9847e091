import { type Contractor, aurora, borealis, cascadia } from './contractors.ts'

/** Where customers' calls come from. */
export interface Gateway {
  readonly id: number
  readonly name: string
  readonly contractor: Contractor
  readonly enabled: boolean
  /** Whether the switch takes call tokens for credentials of this gateway. */
  readonly allowsJwt: boolean
}

type Differences = Pick<Gateway, 'id' | 'name' | 'contractor'> & Partial<Gateway>

function gateway(differences: Differences): Gateway {
  return { enabled: true, allowsJwt: false, ...differences }
}

export const auroraOffice = gateway({ id: 401, name: 'Aurora head office PBX', contractor: aurora })
export const auroraApp = gateway({ id: 402, name: 'Aurora WebRTC', contractor: aurora, allowsJwt: true })
export const auroraShops = gateway({ id: 403, name: 'Aurora shops', contractor: aurora })
export const borealisTrunks = gateway({ id: 411, name: 'Borealis trunks', contractor: borealis })
export const borealisAgents = gateway({ id: 412, name: 'Borealis agents', contractor: borealis, allowsJwt: true })
export const cascadiaSwitch = gateway({ id: 421, name: 'Cascadia switch', contractor: cascadia })

export const gateways: readonly Gateway[] = [
  auroraOffice,
  auroraApp,
  auroraShops,
  borealisTrunks,
  borealisAgents,
  cascadiaSwitch,
]
