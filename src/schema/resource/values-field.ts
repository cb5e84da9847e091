/**
 * The field under which the plain fields of a selection are read together. It exists only where operations are executed
 * (`execution/values.ts`): no client can ask for it, and below it stand the fields that it reads.
 */
export const valuesField = '__values'
