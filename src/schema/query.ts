import { builder } from './builder.ts'

// The root types; each noun adds its own fields to them.
builder.queryType({})
builder.mutationType({})
builder.subscriptionType({})
