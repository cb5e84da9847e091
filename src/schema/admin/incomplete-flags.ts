import type { AccessProfile } from '../../permissions/access-profile.ts'
import { permissionKeys, type Permission } from '../../permissions/permissions.ts'
import type { ProfileWarning } from './profile-warning.ts'

interface Need {
  readonly flag: Permission
  /** At least one of these. */
  readonly needs: readonly Permission[]
  readonly message: string
}

/** What the rules of fields do not say: there is something to reach, but not what the flag is for. */
const needs: readonly Need[] = [
  {
    flag: 'outgoingCdrExports',
    needs: ['outgoingCdrs'],
    message:
      'outgoing_cdr_exports is on and outgoing_cdrs is off: exports are listed, but none can be made, and no file fetched.',
  },
  {
    flag: 'paymentsCryptomus',
    needs: ['payments'],
    message:
      'payments_cryptomus is on and payments is off: the portal pays from its page of payments, which is missing, and who pays never sees the payment there.',
  },
  {
    flag: 'transactions',
    needs: ['services'],
    message: 'transactions is on and services is off: transactions are shown without the service that each was for.',
  },
  ...(['outgoing', 'incoming'] as const).map((direction) => ({
    flag: `${direction}Statistics` as const,
    needs: permissionKeys.filter((key) => key.startsWith(`${direction}Statistics`) && key !== `${direction}Statistics`),
    message: `${direction}_statistics is on and every figure below it is off: the page has nothing to show.`,
  })),
]

/** Flags that are on and work in part only. */
export function incompleteFlags(profile: AccessProfile): ProfileWarning[] {
  return needs
    .filter((need) => profile[need.flag] && !need.needs.some((flag) => profile[flag]))
    .map(({ flag, message }) => ({ kind: 'INCOMPLETE', permissions: [flag], message, ways: [] }))
}
