import {
  accounts,
  activeCalls,
  billing,
  exportCalls,
  exports,
  numberlists,
  outgoingCdrs,
  rates,
  statistics,
  whichPermission,
} from './graphiql-examples.ts'

/** A query that GraphiQL opens with. Its first lines say what to see. */
export interface GraphiqlTab {
  readonly query: string
  readonly variables?: Readonly<Record<string, string>>
}

/** What the statistics example asks about: an account that the login may see, and since when. */
export interface ExampleSubject {
  readonly accountId: string
  readonly fromTime: Date
}

/** For the demo data: each runs with one click, in this order. */
export function demoTabs({ accountId, fromTime }: ExampleSubject): GraphiqlTab[] {
  return [
    tab(
      signInAs('alice'),
      'Alice may see everything. A cookie keeps her session:',
      'now run OutgoingCdrs and Statistics.',
    ),
    tab(
      outgoingCdrs,
      'Calls of the last 24 hours, newest first. What is denied',
      'is null, and one error at the end names the permission:',
      'as carol or bob that is the recording.',
    ),
    tab(accounts, 'The accounts of this login; Statistics takes one of', 'their ids.'),
    {
      ...tab(
        statistics,
        'As alice: every figure. As carol: totalPrice is null in',
        'each row and in the totals, and one FORBIDDEN',
        'for each of these two places says why. The account is a',
        'variable, below.',
      ),
      variables: { accountId, fromTime: fromTime.toISOString() },
    },
    {
      ...tab(
        activeCalls,
        'A subscription: it goes on, and tells each change, until',
        'you stop it, or until the login may not know any more.',
      ),
      variables: { accountId },
    },
    tab(rates, 'Rate plans with what calls to some prefixes cost.'),
    tab(billing, 'Payments, and services with what was charged for them.', 'As carol there are no payments.'),
    tab(numberlists, 'Numberlists with their items. Mutations add, change and', 'remove items.'),
    {
      ...tab(exportCalls, 'A file with the calls of one day, made in the background.'),
      variables: { accountId, fromTime: fromTime.toISOString(), toTime: dayAfter(fromTime).toISOString() },
    },
    tab(exports, 'Run it again until the file is there. Open its url to', 'save it.'),
    tab(
      signInAs('carol'),
      'Carol may see neither prices in statistics nor recordings.',
      'Run this, then Statistics again.',
    ),
    tab(
      signInAs('bob'),
      'Bob has the permissions that Yeti gives by default: no',
      'recordings. Run this, then OutgoingCdrs again.',
    ),
    tab(whichPermission, ...permissionsAreShown),
  ]
}

function dayAfter(time: Date): Date {
  return new Date(time.getTime() + 86_400_000)
}

/** For real data: the same questions; the login and the account are the reader's. */
export function plainTabs(): GraphiqlTab[] {
  return [
    tab(
      signIn('SignIn', '', ''),
      'Put your portal login here. A cookie keeps the session,',
      'and the next tabs use it.',
    ),
    tab(
      outgoingCdrs,
      'Calls of the last 24 hours, newest first. What is denied',
      'is null, and one error at the end names the permission.',
    ),
    tab(accounts, 'The accounts of this login; Statistics takes one of', 'their ids.'),
    {
      ...tab(statistics, 'Put the id of an account and a time, like', '2026-01-31T00:00:00Z, in the variables below.'),
      variables: { accountId: '', fromTime: '' },
    },
    {
      ...tab(activeCalls, 'A subscription: it goes on, and tells each change, until', 'you stop it.'),
      variables: { accountId: '' },
    },
    tab(rates, 'Rate plans with what calls to some prefixes cost.'),
    tab(billing, 'Payments, and services with what was charged for them.'),
    tab(numberlists, 'Numberlists with their items. Mutations add, change and', 'remove items.'),
    {
      ...tab(
        exportCalls,
        'A file with calls, made in the background. Put an account',
        'and a period in the variables below.',
      ),
      variables: { accountId: '', fromTime: '', toTime: '' },
    },
    tab(exports, 'Run it again until the file is there.'),
    tab(whichPermission, ...permissionsAreShown),
  ]
}

const permissionsAreShown = [
  'Each description ends with the permission that its field',
  'needs. Fields that this login may not see are missing.',
]

/** The lines are short enough for GraphiQL's editor on a small screen. */
function tab(query: string, ...comment: readonly string[]): GraphiqlTab {
  return { query: `${comment.map((line) => `# ${line}\n`).join('')}${query}` }
}

function signInAs(login: string): string {
  return signIn(`SignInAs${login.charAt(0).toUpperCase()}${login.slice(1)}`, login, `${login}-demo`)
}

function signIn(name: string, login: string, password: string): string {
  return `mutation ${name} {
  signIn(login: "${login}", password: "${password}") {
    expiresAt
    viewer {
      login
      customer { name }
      accessProfile { name }
      permissions
    }
  }
}
`
}
