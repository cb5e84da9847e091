import SchemaBuilder, {
  BasePlugin,
  type PothosInputFieldConfig,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core'
import type { GraphQLFieldResolver } from 'graphql'
import { ReadOnlyError } from '../../errors.ts'
import { isReadOnly } from '../../identity/viewer.ts'
import { capabilityName, isCapability } from '../../permissions/capabilities.ts'
import { isIdentityScope, ruleOf, type Rule, type RuleMap } from '../../permissions/rule.ts'
import { permissions } from '../../permissions/permissions.ts'
import { assertArgumentsAllowed, assertFieldAllowed } from './argument-guard.ts'
import type { Context } from '../context.ts'
import { directivesOf } from './directives.ts'

const pluginName = 'rules' as const

declare global {
  // How Pothos plugins add options of their own; the names are Pothos's.
  export namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      rules: RulesPlugin<Types>
    }
    interface InputFieldOptions {
      /** The scopes that somebody needs who uses this argument or input field. */
      authScopes: RuleMap
    }
  }
}

/**
 * Makes the rule of every field, argument and input field part of the schema, and refuses to build one without.
 * scope-auth enforces the rules of fields; those of arguments are enforced here.
 */
export class RulesPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(config: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const coordinate = `${config.parentType}.${config.name}`
    const { rule, description } = declared(coordinate, config.pothosOptions, config.description)
    return { ...config, description, extensions: { ...config.extensions, rule, directives: directivesOf(rule) } }
  }

  override onInputFieldConfig(config: PothosInputFieldConfig<Types>): PothosInputFieldConfig<Types> {
    const parent = config.kind === 'Arg' ? `${config.parentType}.${config.parentField}` : config.parentType
    const coordinate = config.kind === 'Arg' ? `${parent}(${config.name}:)` : `${parent}.${config.name}`
    const { rule, description } = declared(coordinate, config.pothosOptions, config.description)
    return { ...config, description, extensions: { ...config.extensions, rule, directives: directivesOf(rule) } }
  }

  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    config: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    const isMutation = config.kind === 'Mutation'
    if (Object.keys(config.args).length === 0 && !isMutation) return resolver
    return (parent, args, context, info) => {
      // Plugins are generic over the context; this one is only ever used with ours.
      const { viewer } = context as Context
      // The second wall of what no field can say: that a session is there to look.
      if (isMutation && isReadOnly(viewer)) throw new ReadOnlyError()
      assertArgumentsAllowed(info, args, viewer)
      return resolver(parent, args, context, info)
    }
  }

  /** What scope-auth does not guard: it asks only when there is something to resolve, and a stream is open by then. */
  override wrapSubscribe(
    subscribe: GraphQLFieldResolver<unknown, Types['Context'], object> | undefined,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> | undefined {
    return (
      subscribe &&
      ((parent, args, context, info) => {
        const { viewer } = context as Context // as above
        assertFieldAllowed(info, viewer)
        assertArgumentsAllowed(info, args, viewer)
        return subscribe(parent, args, context, info)
      })
    )
  }
}

function declared(
  coordinate: string,
  options: object,
  description: string | null | undefined,
): { rule: Rule; description: string } {
  const map: unknown = 'authScopes' in options ? options.authScopes : undefined
  if (typeof map !== 'object' || map === null) {
    throw new TypeError(
      `${coordinate} has no rule. Give it authScopes: a flag, a capability, or public, authenticated, admin.`,
    )
  }
  const rule = ruleOf(map, coordinate)
  const needs = rule.flatMap((scope) => {
    if (isIdentityScope(scope)) return []
    return [`Requires: ${isCapability(scope) ? `ADMIN_${capabilityName(scope)}` : permissions[scope].column}`]
  })
  return { rule, description: [description, ...needs].filter(Boolean).join('\n\n') }
}

SchemaBuilder.registerPlugin(pluginName, RulesPlugin)
