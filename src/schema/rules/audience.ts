/** What a definition carries that customers are not shown although it is open to everybody, as the administrators' sign-in is. */
export const forAdministrators = { audience: 'administrators' } as const

/** Whether somebody who has signed in as a customer is not to be told that this exists. */
export function isForAdministrators({
  extensions,
}: {
  readonly extensions?: Readonly<Record<string | symbol, unknown>> | null | undefined
}): boolean {
  return extensions?.['audience'] === forAdministrators.audience
}
