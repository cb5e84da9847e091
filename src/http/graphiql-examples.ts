// The queries that GraphiQL opens with. Lines are short enough for its editor on a small screen.

export const outgoingCdrs = `query OutgoingCdrs {
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

export const accounts = `query Accounts {
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

export const statistics = `query Statistics($accountId: ID!, $fromTime: DateTime!) {
  outgoingStatistics(
    accountId: $accountId
    fromTime: $fromTime
    sampling: HOUR
  ) {
    totals {
      totalCalls
      asr
      totalPrice
    }
    series {
      time
      totalCalls
      asr
      acd
      totalPrice
      activeCalls
    }
  }
}
`

export const activeCalls = `subscription ActiveCalls($accountId: ID!) {
  outgoingActiveCalls(accountId: $accountId) {
    time
    count
    account { name }
    calls(first: 10, where: { connectTimeNull: false }) {
      startTime
      srcPrefixIn
      dstPrefixIn
      destinationInitialRate
    }
  }
}
`

export const rates = `query Rates {
  outgoingRateplans {
    nodes {
      name
      rates(first: 5, where: { enabled: { eq: true } }) {
        totalCount
        nodes {
          prefix
          initialRate
          nextRate
          currency
          networkPrefix { network { name networkType { name } } }
        }
      }
    }
  }
}
`

export const billing = `query Billing {
  payments(first: 5) {
    nodes { createdAt amount currency status notes }
  }
  services {
    nodes {
      name
      state
      renewPrice
      renewAt
      transactions(first: 3) {
        totalCount
        nodes { createdAt amount description }
      }
    }
  }
}
`

export const numberlists = `query Numberlists {
  outgoingNumberlists {
    nodes {
      name
      modeId
      defaultActionId
      items(first: 10, where: { key: { startsWith: "4" } }) {
        totalCount
        nodes { id key actionId }
      }
    }
  }
}
`

export const exportCalls = `mutation Export($accountId: ID!, $fromTime: DateTime!, $toTime: DateTime!) {
  createOutgoingCdrExport(
    input: {
      accountId: $accountId
      filters: { timeStartGte: $fromTime, timeStartLt: $toTime }
      timeZoneName: "Europe/Kyiv"
    }
  ) {
    id
    status
  }
}
`

export const exports = `query Exports {
  outgoingCdrExports {
    nodes {
      createdAt
      status
      progress
      rowsCount
      file { url }
    }
  }
}
`

export const whichPermission = `query WhichPermission {
  __type(name: "OutgoingStatisticsPoint") {
    fields {
      name
      description
    }
  }
}
`
