// @ts-check

/**
 * How Node starts another build of the gateway, its schema without the rules and nobody deciding: what is measured
 * beside it is what the rules cost. Never a setting of the server.
 */
export const unguarded = ['--import', new URL('../unguarded/register.js', import.meta.url).href]
