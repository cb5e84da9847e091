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
    { query: signIn('alice', aliceSays) },
    { query: outgoingCdrs },
    { query: accounts },
    { query: statistics, variables: { accountId, fromTime: fromTime.toISOString() } },
    { query: signIn('carol', carolSays) },
    { query: signIn('bob', bobSays) },
    { query: whichPermission },
  ]
}

/** For real data: the same questions; the login and the account are the reader's. */
export function plainTabs(): GraphiqlTab[] {
  return [
    { query: signIn(null, '# Put your portal login here. A cookie then keeps the session.') },
    { query: outgoingCdrs },
    { query: accounts },
    { query: statistics, variables: { accountId: '', fromTime: '' } },
    { query: whichPermission },
  ]
}

const aliceSays = `# Alice may see everything. A cookie keeps her session:
# now run OutgoingCdrs and Statistics.`

const carolSays = `# Carol may see neither prices nor recordings. Run this,
# then OutgoingCdrs and Statistics again.`

const bobSays = `# Bob has the permissions that Yeti gives by default: all
# but the recordings. Run this, then OutgoingCdrs again.`

function signIn(login: string | null, comment: string): string {
  const name = login === null ? '' : `As${login.charAt(0).toUpperCase()}${login.slice(1)}`
  const password = login === null ? '' : `${login}-demo`
  return `${comment}
mutation SignIn${name} {
  signIn(login: "${login ?? ''}", password: "${password}") {
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

const outgoingCdrs = `# Calls of the last 24 hours, newest first. What is denied
# is null, and one error names the permission: as carol or
# bob that is the recording.
query OutgoingCdrs {
  outgoingCdrs(first: 10) {
    totalCount
    nodes {
      id
      timeStart
      timeConnect
      duration
      success
      srcPrefixIn
      dstPrefixIn
      customerPrice
      account { name currency }
      recording { url }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`

const accounts = `# The accounts of this login; Statistics takes one of
# their ids.
query Accounts {
  accounts {
    nodes {
      id
      name
      currency
      balance
    }
  }
}
`

const statistics = `# As alice: every figure. As carol: totalPrice is null, in
# each row and in the totals, and a FORBIDDEN for each of the
# two places says why. The account is a variable, below.
query Statistics($accountId: ID!, $fromTime: DateTime!) {
  outgoingStatistics(
    accountId: $accountId
    fromTime: $fromTime
    sampling: HOUR
  ) {
    series {
      time
      totalCalls
      asr
      acd
      totalPrice
      activeCalls
    }
    totals {
      totalCalls
      asr
      totalPrice
    }
  }
}
`

const whichPermission = `# Each description ends with the permission that its field
# needs. What this login may not see is missing: totalPrice
# as carol.
query WhichPermission {
  __type(name: "OutgoingStatisticsPoint") {
    fields {
      name
      description
    }
  }
}
`
