import type { GraphQLResolveInfo } from 'graphql'
import type { Transaction } from '../../backends/databases.ts'
import {
  deleteLogin,
  GoneError,
  insertLogin,
  lockLogin,
  LoginTakenError,
  updateLogin,
  updatePasswordDigest,
  type LoginRow,
} from '../../backends/portal-logins.ts'
import type { Subject } from '../../backends/audit.ts'
import type { TextRow } from '../../backends/text-row.ts'
import { ConflictError, NotFoundError } from '../../errors.ts'
import { endSessionsOf } from '../../identity/identity.ts'
import { hashPassword } from '../../identity/passwords.ts'
import { builder } from '../builder.ts'
import type { Context } from '../context.ts'
import { keyOf } from '../resource/list-query.ts'
import { change } from './change.ts'
import { assertVersion, auditColumns, blank, changedColumns, columnsFor } from './portal-login-columns.ts'
import {
  changeRule,
  checkPassword,
  CreatePortalLoginInput,
  removeRule,
  UpdatePortalLoginInput,
  wishOf,
  type Wish,
} from './portal-login-inputs.ts'
import { loginById, PortalLogin, portalLogins } from './portal-logins.ts'

const rule = changeRule
const removal = removeRule
const versionDescription = 'The `version` that was read; another one now is a `CONFLICT`.'

builder.mutationFields((t) => ({
  createPortalLogin: t.field({
    type: PortalLogin,
    description: 'Creates a login of the portal. `CONFLICT` when there is one of that name.',
    authScopes: rule,
    args: { input: t.arg({ type: CreatePortalLoginInput, required: true, authScopes: rule }) },
    resolve: (_root, { input: { password, ...input } }, context, info) =>
      create(context, wishOf(input), password, info),
  }),
  updatePortalLogin: t.field({
    type: PortalLogin,
    description:
      'Changes a login; it counts with its next request, and at once for what is running. A stale `version` is a `CONFLICT` whose `extensions` have `current`, the login as it is now with the `version` to try again with; `yours`, what you gave; and `differing`, the attributes of yours that are not so.',
    authScopes: rule,
    args: {
      id: t.arg.id({ required: true, authScopes: rule }),
      version: t.arg.string({ required: true, description: versionDescription, authScopes: rule }),
      input: t.arg({ type: UpdatePortalLoginInput, required: true, authScopes: rule }),
    },
    resolve: (_root, { id, version, input }, context, info) =>
      update(context, keyOf(portalLogins, id, 'id'), version, wishOf(input), info),
  }),
  deletePortalLogin: t.id({
    description:
      'Removes a login, with all its sessions, and answers its `id`. A stale `version` is a `CONFLICT`, as with `updatePortalLogin`.',
    authScopes: removal,
    args: {
      id: t.arg.id({ required: true, authScopes: removal }),
      version: t.arg.string({ required: true, description: versionDescription, authScopes: removal }),
    },
    resolve: async (_root, { id, version }, context) => {
      await remove(context, keyOf(portalLogins, id, 'id'), version)
      return id
    },
  }),
  setPortalLoginPassword: t.field({
    type: PortalLogin,
    description: 'Gives a login another password. All its sessions end.',
    authScopes: rule,
    args: {
      id: t.arg.id({ required: true, authScopes: rule }),
      password: t.arg.string({
        required: true,
        description: '1 to 72 bytes; nobody can read it again.',
        authScopes: rule,
      }),
    },
    resolve: (_root, { id, password }, context, info) =>
      setPassword(context, keyOf(portalLogins, id, 'id'), password, info),
  }),
  signOutPortalLogin: t.field({
    type: PortalLogin,
    description:
      'Signs a login out everywhere: its tokens, cookies and file links are worth nothing from now on, and what runs for it ends. It may sign in again.',
    authScopes: rule,
    args: { id: t.arg.id({ required: true, authScopes: rule }) },
    resolve: (_root, { id }, context, info) => signOut(context, keyOf(portalLogins, id, 'id'), info),
  }),
}))

async function create(
  context: Context,
  wish: Wish,
  password: string,
  info: GraphQLResolveInfo,
): Promise<TextRow | null> {
  checkPassword(password, 'input.password')
  // Takes a quarter of a second, in which no transaction should be open.
  const digest = await hashPassword(password)
  // There is no session of it yet that would have to hear of it, and no id to name.
  const id = await change(context, 'everybody', async (transaction, record) => {
    const login = await columnsFor(transaction, wish, blank)
    const created = await insertLogin(transaction, login, digest).catch(refuse)
    await record({
      action: 'create',
      subject: subject({ id: created, ...login }),
      before: null,
      after: auditColumns(login),
    })
    return created
  })
  return loginById(context, String(id), info)
}

async function update(
  context: Context,
  key: string,
  version: string,
  wish: Wish,
  info: GraphQLResolveInfo,
): Promise<TextRow | null> {
  await change(context, { loginId: Number(key) }, async (transaction, record) => {
    const before = await lockedLogin(transaction, key)
    await assertVersion(transaction, before, version, wish)
    const after = await columnsFor(transaction, wish, before)
    const changed = changedColumns(before, after)
    if (changed.length === 0) return
    await updateLogin(transaction, before.id, after, changed).catch(refuse)
    // Whoever is signed in is of the customer before.
    if (changed.includes('customer_id')) await endSessionsOf(transaction, before.id)
    await record({
      action: 'update',
      subject: subject({ id: before.id, login: after.login }),
      before: auditColumns(before, changed),
      after: auditColumns(after, changed),
    })
  })
  return loginById(context, key, info)
}

function remove(context: Context, key: string, version: string): Promise<void> {
  return change(context, { loginId: Number(key) }, async (transaction, record) => {
    const before = await lockedLogin(transaction, key)
    await assertVersion(transaction, before, version)
    await deleteLogin(transaction, before.id)
    await record({ action: 'delete', subject: subject(before), before: auditColumns(before), after: null })
  })
}

async function setPassword(
  context: Context,
  key: string,
  password: string,
  info: GraphQLResolveInfo,
): Promise<TextRow | null> {
  checkPassword(password, 'password')
  const digest = await hashPassword(password)
  await change(context, { loginId: Number(key) }, async (transaction, record) => {
    const login = await lockedLogin(transaction, key)
    await updatePasswordDigest(transaction, login.id, digest)
    await endSessionsOf(transaction, login.id)
    await record({ action: 'set_password', subject: subject(login), before: null, after: null })
  })
  return loginById(context, key, info)
}

async function signOut(context: Context, key: string, info: GraphQLResolveInfo): Promise<TextRow | null> {
  await change(context, { loginId: Number(key) }, async (transaction, record) => {
    const login = await lockedLogin(transaction, key)
    await endSessionsOf(transaction, login.id)
    await record({ action: 'sign_out', subject: subject(login), before: null, after: null })
  })
  return loginById(context, key, info)
}

async function lockedLogin(transaction: Transaction, key: string): Promise<LoginRow> {
  const login = await lockLogin(transaction, key)
  if (login === null) throw new NotFoundError('id', 'no such login.')
  return login
}

function subject({ id, login }: Pick<LoginRow, 'id' | 'login'>): Subject {
  return { kind: 'portal_login', id, name: login }
}

function refuse(error: unknown): never {
  if (error instanceof LoginTakenError) throw new ConflictError('input.login', 'another login has this name.')
  if (error instanceof GoneError)
    throw new ConflictError('input', 'the customer, access profile or gateway was deleted just now.')
  throw error
}
