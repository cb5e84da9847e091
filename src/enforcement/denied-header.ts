/** A client that sends this wants all or nothing: `x-denied: reject`. */
export const deniedHeader = 'x-denied'
