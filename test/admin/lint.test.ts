import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { permissionKeys, permissions, type Permission } from '../../src/permissions/permissions.ts'
import { profileWarnings } from '../../src/schema/admin/profile-warnings.ts'
import { schema } from '../../src/schema/index.ts'
import { allBut, only, startGateway, type Gateway } from '../support/gateway.ts'
import { expectedComputable, randomProfiles, wordOf } from './support/lint-oracle.ts'

const asked = 'kind permissions message ways { permissions explanation precision laborious }'

interface Warning {
  readonly kind: string
  readonly permissions: readonly string[]
  readonly message: string
  readonly ways: readonly {
    permissions: readonly string[]
    precision: string
    laborious: boolean
    explanation: string
  }[]
}

let gateway: Gateway
let admin: string
beforeAll(async () => {
  gateway = await startGateway()
  admin = await gateway.admin()
})
afterAll(() => gateway[Symbol.asyncDispose]())

async function warningsOf(name: string, of: Gateway = gateway): Promise<Warning[]> {
  const { data, errors } = await of.ask(
    `query ($name: String!) { accessProfiles(where: { name: { eq: $name } }) { nodes { warnings { ${asked} } } } }`,
    { token: admin, variables: { name } },
  )
  expect(errors).toBeUndefined()
  return data.accessProfiles.nodes[0].warnings
}

/** Without the words. */
function bare({ kind, permissions: flags, ways }: Warning) {
  return {
    kind,
    permissions: flags,
    ways: ways.map((way) => `${way.precision}${way.laborious ? ' laborious' : ''}: ${way.permissions.join(' + ')}`),
  }
}

const ofFlags = (flags: Readonly<Record<Permission, boolean>>) => profileWarnings(flags, schema)

describe('the demo', () => {
  it.each(['Everything', 'Nothing', 'Default'])('has nothing to say of the profile %s', async (name) => {
    expect(await warningsOf(name)).toEqual([])
  })

  it('says how prices can be computed by who must not see them', async () => {
    const warnings = await warningsOf('Statistics without prices')
    expect(warnings.map(bare)).toEqual([
      {
        kind: 'COMPUTABLE',
        permissions: ['OUTGOING_STATISTICS_TOTAL_PRICE', 'OUTGOING_STATISTICS_TOTAL_PRICE_VALUE'],
        ways: [
          'EXACT: OUTGOING_CDRS + OUTGOING_CDR_EXPORTS',
          'EXACT laborious: OUTGOING_CDRS',
          'ESTIMATED laborious: ACCOUNT',
          'ESTIMATED laborious: OUTGOING_RATEPLANS + OUTGOING_STATISTICS + OUTGOING_STATISTICS_TOTAL_DURATION_VALUE',
          'ESTIMATED laborious: OUTGOING_RATEPLANS + OUTGOING_STATISTICS + OUTGOING_STATISTICS_ACD_VALUE',
        ],
      },
      {
        kind: 'COMPUTABLE',
        permissions: ['INCOMING_STATISTICS_TOTAL_PRICE', 'INCOMING_STATISTICS_TOTAL_PRICE_VALUE'],
        ways: ['EXACT laborious: INCOMING_CDRS', 'ESTIMATED laborious: ACCOUNT'],
      },
    ])
    expect(warnings[0]?.message).toBe(
      'Hidden as chart and number, but can be computed from what the profile shows: total price of outgoing traffic.',
    )
    expect(warnings[0]?.ways[0]?.explanation).toBe('Total price: the sum of an export.')
  })

  it('says what the balance tells of traffic that is not shown', async () => {
    expect((await warningsOf('Incoming traffic only')).map(bare)).toEqual([
      { kind: 'COMPUTABLE', permissions: ['OUTGOING_STATISTICS'], ways: ['ESTIMATED laborious: ACCOUNT'] },
    ])
  })
})

describe('what can be computed', () => {
  it('MUST be said for every profile, and nothing else: 2,000 of them, against ways that were found by hand', () => {
    for (const profile of randomProfiles(2_000, 6)) {
      const found = ofFlags(profile)
        .filter(({ kind }) => kind === 'COMPUTABLE')
        .map(({ permissions: about, ways }) => `${about.join()} by ${ways.map(wordOf).sort().join('; ')}`)
      expect(found.sort(), JSON.stringify(profile)).toEqual(expectedComputable(profile).sort())
    }
  })

  it('MUST be said of every single flag that is off beside all others', () => {
    for (const flag of permissionKeys) {
      const found = ofFlags(allBut(flag))
        .filter(({ kind }) => kind === 'COMPUTABLE')
        .map(({ permissions: about, ways }) => `${about.join()} by ${ways.map(wordOf).sort().join('; ')}`)
      expect(found, flag).toEqual(expectedComputable(allBut(flag)))
    }
  })

  it('is closed by any flag of a way', () => {
    for (const profile of randomProfiles(100, 7)) {
      const [warning] = ofFlags(profile)
      for (const way of warning?.ways ?? []) {
        const [first = 'account'] = way.permissions
        const left = ofFlags({ ...profile, [first]: false }).flatMap(({ ways }) => ways.map(wordOf))
        expect(left).not.toContain(wordOf(way))
      }
    }
  })

  it('takes the way with fewer flags for the better one, unless another is nearer or takes less work', () => {
    const [asr] = ofFlags(
      only('outgoingStatistics', 'outgoingStatisticsTotalCallsValue', 'outgoingStatisticsSuccessfulCallsValue'),
    )
    expect(asr?.permissions).toEqual(['outgoingStatisticsTotalCalls'])
    const about = ofFlags(
      only('outgoingStatistics', 'outgoingStatisticsTotalCallsValue', 'outgoingStatisticsSuccessfulCallsValue'),
    ).find(({ permissions: flags }) => flags.includes('outgoingStatisticsAsrValue'))
    expect(about?.ways.map(wordOf)).toEqual([
      'EXACT: outgoingStatistics + outgoingStatisticsSuccessfulCallsValue + outgoingStatisticsTotalCallsValue',
      'EXACT laborious: outgoingStatistics + outgoingStatisticsSuccessfulCallsValue',
    ])
    expect(about?.ways[0]?.explanation).toBe('ASR = successful ÷ total calls.')
  })

  it('does not count calls whose price the gateway hides', async () => {
    await using hiding = await gateway.another({ OUTGOING_CDR_HIDE_FIELDS: 'customer_price' })
    const [price] = await warningsOf('Statistics without prices', hiding)
    expect(price?.ways.map(({ permissions: flags }) => flags.join())).not.toContain('OUTGOING_CDRS')
    expect(price?.ways.map(({ permissions: flags }) => flags.join())).toContain('ACCOUNT')
    expect(price?.ways.filter(({ permissions: flags }) => flags.includes('OUTGOING_CDR_EXPORTS'))).toEqual([])
  })
})

describe('what cannot work', () => {
  const sides = ['outgoing', 'incoming'] as const
  const below = (side: string) =>
    permissionKeys.filter((key) => key.startsWith(`${side}Statistics`) && key !== `${side}Statistics`)

  it('MUST be said of exactly the flags that reach nothing', () => {
    for (const profile of randomProfiles(500, 8)) {
      const expected = sides
        .flatMap((side) => (profile[`${side}Statistics`] ? [] : below(side)))
        .filter((key) => profile[key])
      if (profile.allowListenRecording && !profile.outgoingCdrs && !profile.incomingCdrs)
        expected.push('allowListenRecording')
      const found = ofFlags(profile).filter(({ kind }) => kind === 'WITHOUT_EFFECT')
      expect(found.flatMap((warning) => warning.permissions).sort()).toEqual(expected.sort())
    }
  })

  it('is one warning for all flags that lack the same', () => {
    const [warning, ...more] = ofFlags(only('incomingStatisticsAcd', 'incomingStatisticsAsrValue'))
    expect(more).toEqual([])
    expect(warning).toEqual({
      kind: 'WITHOUT_EFFECT',
      permissions: ['incomingStatisticsAcd', 'incomingStatisticsAsrValue'],
      message:
        'incoming_statistics_acd, incoming_statistics_asr_value are on, but do nothing without incoming_statistics.',
      ways: [],
    })
  })

  it('names what would do, where one of several would', () => {
    const [warning] = ofFlags(only('allowListenRecording'))
    expect(warning?.message).toBe(
      'allow_listen_recording is on, but does nothing without incoming_cdrs, or outgoing_cdrs.',
    )
    expect(ofFlags(only('allowListenRecording', 'incomingCdrs')).map(({ kind }) => kind)).not.toContain(
      'WITHOUT_EFFECT',
    )
  })

  const incomplete: readonly (readonly [Permission, Permission])[] = [
    ['outgoingCdrExports', 'outgoingCdrs'],
    ['paymentsCryptomus', 'payments'],
    ['transactions', 'services'],
    ['outgoingStatistics', 'outgoingStatisticsActiveCalls'],
    ['incomingStatistics', 'incomingStatisticsAsrValue'],
  ]
  it.each(incomplete)('says that %s works in part only without %s', (flag, needed) => {
    const without = ofFlags(only(flag)).filter(({ kind }) => kind === 'INCOMPLETE')
    expect(without.map((warning) => warning.permissions)).toEqual([[flag]])
    expect(without[0]?.message).toContain(permissions[flag].column)
    expect(ofFlags(only(flag, needed)).map(({ kind }) => kind)).not.toContain('INCOMPLETE')
    expect(ofFlags(only(needed)).map(({ kind }) => kind)).not.toContain('INCOMPLETE')
  })

  it('says of exports without calls what is so: they are listed, and none can be made', async () => {
    const login = await gateway.login('exports-only')
    await login.set(only('outgoingCdrExports'))
    const list = await gateway.ask('{ outgoingCdrExports { nodes { status } } }', login)
    expect(list.errors).toBeUndefined()
    const input = {
      accountId: 'x',
      filters: { timeStartGte: '2026-01-01T00:00:00Z', timeStartLt: '2026-01-02T00:00:00Z' },
    }
    const made = await gateway.ask(
      'mutation ($input: CreateOutgoingCdrExportInput!) { createOutgoingCdrExport(input: $input) { id } }',
      { ...login, variables: { input } },
    )
    expect(made.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', permission: 'OUTGOING_CDRS' })
  })
})

describe('who may see warnings', () => {
  const query = `{ accessProfiles { nodes { name warnings { ${asked} } } } }`

  it('are administrators who may read profiles', async () => {
    const { data, errors } = await gateway.ask(query, { token: admin })
    expect(errors).toBeUndefined()
    expect(data.accessProfiles.nodes.length).toBeGreaterThanOrEqual(5)
  })

  it('MUST NOT be customers, whatever their profile', async () => {
    const { data, errors } = await gateway.ask(query, { token: await gateway.signIn('alice') })
    expect(data.accessProfiles).toBeNull()
    expect(errors?.map(({ extensions }) => extensions['permission'])).toEqual(['ADMIN'])
  })

  it('MUST NOT be administrators without the role', async () => {
    const token = await gateway.admin('nobody', ['none'])
    const { data, errors } = await gateway.ask(query, { token })
    expect(data.accessProfiles).toBeNull()
    expect(errors?.map(({ extensions }) => extensions['permission'])).toEqual(['ADMIN_READ_ACCESS_PROFILES'])
  })
})
