// @ts-check
// `node --import` this, and the gateway is built without its guards: what they cost is the difference.
import { register } from 'node:module'

register('./hooks.js', import.meta.url)
