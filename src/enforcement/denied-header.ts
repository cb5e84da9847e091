/** A client that sends this wants all or nothing: `x-denied: reject`. */
export const deniedHeader = 'x-denied'

/** Whether a header's value asks for all or nothing. A client that meant to must not get a part. */
export function wantsAllOrNothing(value: string | null | undefined): boolean {
  return value?.split(',').some((word) => word.trim().toLowerCase() === 'reject') ?? false
}
