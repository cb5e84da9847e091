import { createHmac, randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { customerSecret, startGateway, type Gateway } from '../support/gateway.ts'
import { startS3Server, type S3Server } from '../support/s3-server.ts'
import { addTrickyRows } from './support/rows.ts'

/** The one that is asked: `inFolder` unless a test says otherwise. Both have the same databases and keys. */
let gateway: Gateway
let inFolder: Gateway
let inBucket: Gateway
let s3: S3Server
let alice: string
const recordings = inject('recordings')

beforeAll(async () => {
  gateway = inFolder = await startGateway()
  await addTrickyRows(gateway)
  alice = await gateway.signIn('alice')
  s3 = await startS3Server()
  for (const file of await readdir(recordings)) {
    s3.put(`recordings//record/${file}`, await readFile(join(recordings, file)))
  }
  const buckets = { S3_RECORDINGS_BUCKET: 'recordings', S3_EXPORTS_BUCKET: 'exports', RECORDINGS_DIR: '/nowhere' }
  inBucket = await inFolder.another({ ...s3.settings, ...buckets })
})
afterAll(async () => {
  await inBucket[Symbol.asyncDispose]()
  await inFolder[Symbol.asyncDispose]()
  await s3[Symbol.asyncDispose]()
})

const places = ['folder', 'bucket'] as const

/** Within a `describe`, the gateway is the one whose files are there. */
function filesIn(place: (typeof places)[number]): void {
  beforeAll(() => {
    gateway = place === 'folder' ? inFolder : inBucket
  })
  afterAll(() => {
    gateway = inFolder
  })
}

interface Call {
  readonly cdrId: string
  readonly localTag: string
  readonly rec: boolean
  readonly recording: { readonly url: string; readonly expiresAt: string; readonly contentType: string } | null
}

const kinds = [
  { kind: 'outgoing', type: 'OutgoingCdr', field: 'outgoingCdrs', own: 'customer_id = 101 AND is_last_cdr' },
  { kind: 'incoming', type: 'IncomingCdr', field: 'incomingCdrs', own: 'vendor_id = 101' },
] as const
type Kind = (typeof kinds)[number]

async function callsOf({ field }: Kind, token = alice): Promise<Call[]> {
  const { data, errors } = await gateway.ask(
    `{ ${field}(first: 500, where: { timeStart: { gte: "2000-01-01T00:00:00Z" } }) { nodes { cdrId localTag rec recording { url expiresAt contentType } } } }`,
    { token },
  )
  expect(errors).toBeUndefined()
  return data[field].nodes
}

/** The calls whose recording is on disk, and those whose recording is gone. */
async function recorded(kind: Kind, token = alice): Promise<{ there: Call[]; gone: Call[] }> {
  const files = new Set(await readdir(recordings))
  const calls = (await callsOf(kind, token)).filter(({ recording }) => recording !== null)
  return {
    there: calls.filter(({ localTag }) => files.has(`${localTag}.wav`)),
    gone: calls.filter(({ localTag }) => !files.has(`${localTag}.wav`)),
  }
}

function urlOf(call: Call | undefined): string {
  if (!call?.recording) throw new TypeError('No such call in the demo')
  return call.recording.url
}

async function bytes(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer())
}

async function expectNotFound(url: string, init?: RequestInit): Promise<void> {
  const response = await fetch(url, init)
  expect(response.status).toBe(404)
  expect(await response.json()).toEqual({ errors: [{ message: 'Not found', extensions: { code: 'NOT_FOUND' } }] })
}

describe.each(places.flatMap((place) => kinds.map((kind) => ({ ...kind, place }))))(
  'The recording of an $kind call in a $place',
  (kind) => {
    filesIn(kind.place)
    let call: Call
    let file: Buffer

    beforeAll(async () => {
      const [first] = (await recorded(kind)).there
      if (!first) throw new TypeError('The demo has no recording of this kind')
      call = first
      file = await readFile(join(recordings, `${call.localTag}.wav`))
    })

    it("MUST be there by Yeti's rule: recorded, tagged, answered", async () => {
      const { rows } = await gateway.cdr.query(
        `SELECT id::text FROM cdr.cdr WHERE ${kind.own} AND audio_recorded AND local_tag <> '' AND duration > 0`,
      )
      const expected = new Set(rows.map(({ id }) => id))
      for (const { cdrId, rec, recording } of await callsOf(kind)) {
        expect({ cdrId, rec, linked: recording !== null }).toEqual({
          cdrId,
          rec: expected.has(cdrId),
          linked: expected.has(cdrId),
        })
      }
    })

    it('MUST be the file, byte for byte', async () => {
      const response = await fetch(urlOf(call))
      expect(response.status).toBe(200)
      expect((await bytes(response)).equals(file)).toBe(true)
      expect(file.subarray(0, 4).toString()).toBe('RIFF')
      expect(response.headers.get('content-type')).toBe('audio/wav')
      expect(call.recording?.contentType).toBe('audio/wav')
      expect(response.headers.get('content-length')).toBe(String(file.length))
      expect(response.headers.get('accept-ranges')).toBe('bytes')
      expect(response.headers.get('cache-control')).toBe('private, no-store')
    })

    it.each([
      ['bytes=0-43', 0, 44],
      ['bytes=100-', 100, undefined],
      ['bytes=-100', -100, undefined],
      ['bytes=10-10', 10, 11],
    ])('MUST be answered in part: %s', async (range, from, to) => {
      const response = await fetch(urlOf(call), { headers: { range } })
      const part = file.subarray(from, to)
      const start = from < 0 ? file.length + from : from
      expect(response.status).toBe(206)
      expect(response.headers.get('content-range')).toBe(`bytes ${start}-${start + part.length - 1}/${file.length}`)
      expect(response.headers.get('content-type')).toBe('audio/wav')
      expect((await bytes(response)).equals(part)).toBe(true)
    })

    it('MUST say 416, and how long it is, for a part behind its end', async () => {
      const response = await fetch(urlOf(call), { headers: { range: `bytes=${file.length}-` } })
      expect(response.status).toBe(416)
      expect(response.headers.get('content-range')).toBe(`bytes */${file.length}`)
      expect(await response.text()).toBe('')
    })

    it('MUST be whole for a range that says nothing', async () => {
      const response = await fetch(urlOf(call), { headers: { range: 'seconds=1-2' } })
      expect(response.status).toBe(200)
      expect((await bytes(response)).equals(file)).toBe(true)
    })

    it('MUST answer HEAD as GET, without the bytes', async () => {
      const response = await fetch(urlOf(call), { method: 'HEAD' })
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('audio/wav')
      expect(response.headers.get('content-length')).toBe(String(file.length))
      expect(await response.text()).toBe('')
    })

    it('MUST expire within the lifetime of links and of the session', () => {
      const left = Date.parse(call.recording?.expiresAt ?? '') - Date.now()
      expect(left).toBeGreaterThan(200_000)
      expect(left).toBeLessThanOrEqual(300_000)
    })

    it('MUST be 404 when the file is not on disk', async () => {
      const [gone] = (await recorded(kind)).gone
      await expectNotFound(urlOf(gone))
    })

    it('MUST be the same under any file name, and without one', async () => {
      const token = urlOf(call).split('/files/')[1]?.split('/')[0]
      for (const path of [`${token}`, `${token}/another.wav`]) {
        expect((await fetch(`${gateway.url}/files/${path}`)).status).toBe(200)
      }
    })

    it('MUST be reached through node as through the list', async () => {
      const id = Buffer.from(`${kind.type}:${call.cdrId}`).toString('base64')
      const { data } = await gateway.ask(
        `query ($id: ID!) { node(id: $id) { ... on ${kind.type} { rec recording { url } } } }`,
        { token: alice, variables: { id } },
      )
      expect(data.node.rec).toBe(true)
      expect((await bytes(await fetch(data.node.recording.url))).equals(file)).toBe(true)
    })
  },
)

interface Document {
  readonly uuid: string
  readonly hasPdf: boolean
  readonly pdf: { readonly url: string; readonly contentType: string; readonly expiresAt: string } | null
}

async function invoicesOf(token = alice): Promise<Document[]> {
  const { data, errors } = await gateway.ask(
    '{ invoices(first: 500) { nodes { uuid hasPdf pdf { url contentType expiresAt } } } }',
    { token },
  )
  expect(errors).toBeUndefined()
  return data.invoices.nodes
}

describe('The PDF of an invoice', () => {
  it('MUST be the bytes in the database, for each invoice that has some', async () => {
    const { rows } = await gateway.cdr.query(
      `SELECT i.uuid, d.filename, d.pdf_data FROM billing.invoices i LEFT JOIN billing.invoice_documents d ON d.invoice_id = i.id WHERE i.contractor_id = 101 AND i.state_id = 2`,
    )
    const documents = new Map(rows.map((row) => [row.uuid, row]))
    const invoices = await invoicesOf()
    expect(invoices).toHaveLength(rows.length)
    expect(invoices.filter(({ pdf }) => pdf === null).length).toBeGreaterThan(0)
    expect(invoices.filter(({ pdf }) => pdf !== null).length).toBeGreaterThan(5)
    for (const { uuid, hasPdf, pdf } of invoices) {
      const document = documents.get(uuid)
      expect({ uuid, hasPdf, linked: pdf !== null }).toEqual({
        uuid,
        hasPdf: document.pdf_data !== null,
        linked: document.pdf_data !== null,
      })
      if (pdf === null) continue
      const response = await fetch(pdf.url)
      const body = await bytes(response)
      expect(response.status).toBe(200)
      expect(body.equals(document.pdf_data)).toBe(true)
      expect(body.subarray(0, 4).toString()).toBe('%PDF')
      expect(response.headers.get('content-type')).toBe('application/pdf')
      expect(pdf.contentType).toBe('application/pdf')
      expect(response.headers.get('content-disposition')).toContain(`filename="${document.filename}.pdf"`)
    }
  })

  it('MUST answer HEAD without the bytes', async () => {
    const [invoice] = (await invoicesOf()).filter(({ pdf }) => pdf !== null)
    const response = await fetch(invoice?.pdf?.url ?? '', { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(0)
    expect(await response.text()).toBe('')
  })
})

interface Export {
  readonly id: number
  readonly uuid: string
  readonly url: string
  readonly contentType: string
}

const account = 201
const fields = ['time_start', 'duration', 'customer_price']
const csv = randomBytes(2000)

describe.each(places)('The file of an export in a %s', (place) => {
  filesIn(place)

  /** An export of alice's that is done, its file, and a link to that. */
  async function made(columns = fields, token = alice): Promise<Export> {
    const { rows } = await gateway.primary.query(
      `INSERT INTO sys.cdr_exports (status, type, fields, filters, customer_account_id, created_at, updated_at, rows_count)
       VALUES ('Completed', 'Base', $1, '{}', $2, now(), now(), 9) RETURNING id, uuid`,
      [columns, account],
    )
    const [{ id, uuid }] = rows
    await gateway.app.services.stores.exports.write(`${id}.csv.gz`, Readable.from([csv]))
    const { data } = await gateway.ask(
      'query ($id: ID!) { node(id: $id) { ... on OutgoingCdrExport { file { url contentType } } } }',
      { token, variables: { id: Buffer.from(`OutgoingCdrExport:${uuid}`).toString('base64') } },
    )
    return { id, uuid, ...data.node.file }
  }

  function change({ id }: Export, assignment: string): Promise<unknown> {
    return gateway.primary.query(`UPDATE sys.cdr_exports SET ${assignment} WHERE id = $1`, [id])
  }

  it('MUST be the bytes in the store, to be saved as they are, under the public id', async () => {
    const { uuid, url, contentType } = await made()
    const response = await fetch(url)
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/gzip',
      'content-length': String(csv.length),
      'content-disposition': `attachment; filename="${uuid}.csv.gz"`,
      'cache-control': 'private, no-store',
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
    })
    expect(response.headers.get('content-encoding')).toBeNull()
    expect(contentType).toBe('application/gzip')
    expect((await bytes(response)).equals(csv)).toBe(true)
  })

  it('MUST be answered in part, and to HEAD without the bytes: downloads are continued', async () => {
    const { url } = await made()
    const part = await fetch(url, { headers: { range: 'bytes=1990-' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 1990-1999/2000'])
    expect((await bytes(part)).equals(csv.subarray(1990))).toBe(true)
    const head = await fetch(url, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '2000', ''])
  })

  it.each(['Pending', 'Failed', 'Deleted', 'Unknown'])('MUST be 404 while the export is %s', async (status) => {
    const link = await made()
    await change(link, `status = '${status}'`)
    await expectNotFound(link.url)
    await change(link, `status = 'Completed'`)
    expect((await fetch(link.url)).status).toBe(200)
  })

  it('MUST be 404 when it is not in the store, whatever the row says', async () => {
    const link = await made()
    await gateway.app.services.stores.exports.remove(`${link.id}.csv.gz`)
    await expectNotFound(link.url)
  })

  it('MUST be 404 once its time is over', async () => {
    const link = await made()
    await gateway.primary.query(
      `INSERT INTO portal.cdr_exports (export_id, expires_at) VALUES ($1, now() + interval '1 hour')`,
      [link.id],
    )
    expect((await fetch(link.url)).status).toBe(200)
    await gateway.primary.query(`UPDATE portal.cdr_exports SET expires_at = now() WHERE export_id = $1`, [link.id])
    await expectNotFound(link.url)
  })

  it('MUST be 404 when it has a column that is hidden since, and only then', async () => {
    const [priced, plain] = [await made(), await made(['time_start', 'duration'])]
    const stores = place === 'bucket' ? { S3_EXPORTS_BUCKET: 'exports', ...s3.settings } : {}
    await using hiding = await gateway.another({ ...stores, OUTGOING_CDR_HIDE_FIELDS: 'customer_price' })
    if (place === 'folder') {
      for (const { id } of [priced, plain]) {
        await hiding.app.services.stores.exports.write(`${id}.csv.gz`, Readable.from([csv]))
      }
    }
    await expectNotFound(priced.url.replace(gateway.url, hiding.url))
    expect((await fetch(plain.url.replace(gateway.url, hiding.url))).status).toBe(200)
    expect((await fetch(priced.url)).status).toBe(200)
  })

  it('MUST be 404 when it has a column that no customer is shown', async () => {
    const link = await made()
    for (const column of ['vendor_price', 'profit', 'TIME_START', '']) {
      await change(link, `fields = '{time_start,"${column}"}'`)
      await expectNotFound(link.url)
    }
    await change(link, `fields = '{time_start}'`)
    expect((await fetch(link.url)).status).toBe(200)
  })

  it("MUST be 404 when the export is an administrator's, or another customer's", async () => {
    const link = await made()
    for (const owner of ['NULL', '211', '221']) {
      await change(link, `customer_account_id = ${owner}`)
      await expectNotFound(link.url)
    }
    await change(link, `customer_account_id = 202`)
    expect((await fetch(link.url)).status).toBe(200)
  })

  it('MUST end with each flag that it needs, and come back with it; others do not matter', async () => {
    const login = await gateway.login(`reader of exports in a ${place}`)
    const { url } = await made(fields, login.token)
    await login.set({ incomingCdrs: false, allowListenRecording: false, account: false, invoices: false })
    expect((await fetch(url)).status).toBe(200)
    for (const flag of ['outgoingCdrExports', 'outgoingCdrs'] as const) {
      await login.set({ [flag]: false })
      await expectNotFound(url)
      await login.set({ [flag]: true })
      expect((await fetch(url)).status).toBe(200)
    }
  })

  it('MUST be found by its public id alone', async () => {
    const { id, uuid, url } = await made()
    const { viewer } = await gateway.app.services.identity.authenticate({
      authorization: `Bearer ${alice}`,
      cookie: null,
      address: '127.0.0.1',
    })
    if (viewer.kind !== 'customer') throw new TypeError('alice is a customer')
    const linkTo = async (name: string): Promise<string> => {
      const { token } = await gateway.app.services.identity.fileLink(viewer, { kind: 'export', id: name })
      return `${gateway.url}/files/${token}`
    }
    expect((await fetch(await linkTo(uuid))).status).toBe(200)
    for (const name of [String(id), '', `${uuid} `, '../1', "x' OR '1'='1", uuid.replaceAll('-', '')]) {
      await expectNotFound(await linkTo(name))
    }
    expect((await fetch(url)).status).toBe(200)
  })
})

/** A link signed as the gateway signs sessions, or with whatever key. */
function forged(claims: Readonly<Record<string, unknown>>, key: string | Uint8Array): string {
  const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')
  const text = `${encode({ alg: 'HS256' })}.${encode({ exp: Math.floor(Date.now() / 1000) + 60, ...claims })}`
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
}

describe('A link', () => {
  let url: string
  let token: string
  beforeAll(async () => {
    url = urlOf((await recorded(kinds[0])).there[0])
    token = url.split('/files/')[1]?.split('/')[0] ?? ''
  })

  it('MUST be 404 once altered in any part', async () => {
    const [header = '', claims = '', signature = ''] = token.split('.')
    const other = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1)
    const payload = JSON.parse(Buffer.from(claims, 'base64url').toString())
    const rewritten = (change: Readonly<Record<string, unknown>>): string =>
      [header, Buffer.from(JSON.stringify({ ...payload, ...change })).toString('base64url'), signature].join('.')
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`
    const altered = [
      [other(header), claims, signature].join('.'),
      [header, other(claims), signature].join('.'),
      [header, claims, other(signature)].join('.'),
      [header, claims].join('.'),
      rewritten({ id: '1' }),
      rewritten({ kind: 'invoice' }),
      rewritten({ kind: 'incoming-recording' }),
      rewritten({ exp: payload.exp + 1000 }),
      rewritten({ sub: 15 }),
      none,
      '',
      'x',
      '%00',
      '..%2f..%2fetc%2fpasswd',
      'A'.repeat(8000),
    ]
    for (const text of altered) await expectNotFound(`${gateway.url}/files/${text}/call.wav`)
    await expectNotFound(`${gateway.url}/files/${token}/a/b`)
    expect((await fetch(url)).status).toBe(200)
  })

  it('MUST not be made with the key of sessions, nor be a session', async () => {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    await expectNotFound(`${gateway.url}/files/${forged(claims, customerSecret)}`)
    await expectNotFound(`${gateway.url}/files/${alice}`)
    const { data, errors } = await gateway.ask('{ outgoingCdrs { totalCount } }', { token })
    expect(data).toEqual({ outgoingCdrs: null })
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  })

  it('MUST be shown by GET and HEAD only', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) expect((await fetch(url, { method })).status).toBe(405)
  })

  const flags = {
    'outgoing recording': {
      flags: ['allowListenRecording', 'outgoingCdrs'],
      make: async (asking: string) => urlOf((await recorded(kinds[0], asking)).there[0]),
    },
    'incoming recording': {
      flags: ['allowListenRecording', 'incomingCdrs'],
      make: async (asking: string) => urlOf((await recorded(kinds[1], asking)).there[0]),
    },
    invoice: {
      flags: ['invoices'],
      make: async (asking: string) => (await invoicesOf(asking)).find(({ pdf }) => pdf !== null)?.pdf?.url ?? '',
    },
  } as const

  it.each(Object.entries(flags))(
    'MUST end with each flag that the %s needs, and come back with it',
    async (name, { flags: needed, make }) => {
      const login = await gateway.login(`reader of ${name}`)
      const link = await make(login.token)
      expect((await fetch(link)).status).toBe(200)
      for (const flag of needed) {
        await login.set({ [flag]: false })
        await expectNotFound(link)
        await login.set({ [flag]: true })
        expect((await fetch(link)).status).toBe(200)
      }
    },
  )

  it('MUST not need a flag that has nothing to do with it', async () => {
    const login = await gateway.login('narrow reader')
    const link = await flags['outgoing recording'].make(login.token)
    await login.set({ incomingCdrs: false, account: false, invoices: false, outgoingStatistics: false })
    expect((await fetch(link)).status).toBe(200)
  })

  it('MUST end with the session that asked for it, and with no other', async () => {
    const { token: first } = await gateway.login('leaver')
    const second = (await gateway.ask('mutation { signIn(login: "leaver", password: "alice-demo") { token } }')).data
      .signIn.token
    const [one, other] = [await flags['outgoing recording'].make(first), await flags['outgoing recording'].make(second)]
    const { errors } = await gateway.ask('mutation { signOut }', { token: first })
    expect(errors).toBeUndefined()
    await expectNotFound(one)
    expect((await fetch(other)).status).toBe(200)
  })

  it('MUST end when the login is removed, or loses the account', async () => {
    const { token: asking } = await gateway.login('narrowed')
    const { rows } = await gateway.cdr.query('SELECT id::text, customer_acc_id FROM cdr.cdr')
    const accounts = new Map(rows.map((row) => [row.id, row.customer_acc_id]))
    const calls = (await recorded(kinds[0], asking)).there
    const [main, retail] = [201, 202].map((account) => calls.find(({ cdrId }) => accounts.get(cdrId) === account))
    await gateway.primary.query(`UPDATE sys.api_access SET account_ids = '{202}' WHERE login = 'narrowed'`)
    await expectNotFound(urlOf(main))
    expect((await fetch(urlOf(retail))).status).toBe(200)
    await gateway.primary.query(`DELETE FROM sys.api_access WHERE login = 'narrowed'`)
    await expectNotFound(urlOf(retail))
  })

  it('MUST end when the invoice is no longer approved', async () => {
    const [invoice] = (await invoicesOf()).filter(({ pdf }) => pdf !== null)
    await gateway.cdr.query('UPDATE billing.invoices SET state_id = 1 WHERE uuid = $1', [invoice?.uuid])
    await expectNotFound(invoice?.pdf?.url ?? '')
    await gateway.cdr.query('UPDATE billing.invoices SET state_id = 2 WHERE uuid = $1', [invoice?.uuid])
    expect((await fetch(invoice?.pdf?.url ?? '')).status).toBe(200)
  })

  it('MUST not be given to a login without the flag, by either name of the field', async () => {
    const login = await gateway.login('deaf')
    await login.set({ allowListenRecording: false })
    const { data, errors } = await gateway.ask('{ outgoingCdrs(first: 500) { nodes { rec recording { url } } } }', {
      token: login.token,
    })
    expect(
      data.outgoingCdrs.nodes.every((node: object) => JSON.stringify(node) === '{"rec":null,"recording":null}'),
    ).toBe(true)
    expect(errors?.map(({ extensions }) => [extensions.code, extensions['permission']])).toEqual([
      ['FORBIDDEN', 'ALLOW_LISTEN_RECORDING'],
      ['FORBIDDEN', 'ALLOW_LISTEN_RECORDING'],
    ])
  })
})

it('MUST not give another customer anything by the id of a record', async () => {
  const erin = await gateway.signIn('erin')
  const [call] = (await recorded(kinds[0])).there
  const { rows } = await gateway.cdr.query('SELECT id FROM cdr.cdr WHERE id = $1 AND vendor_id = 102', [call?.cdrId])
  const ids = [
    `OutgoingCdr:${call?.cdrId}`,
    ...(rows.length === 0 ? [`IncomingCdr:${call?.cdrId}`] : []),
    `Invoice:${(await invoicesOf())[0]?.uuid}`,
  ]
  for (const id of ids) {
    const { data, errors } = await gateway.ask(
      'query ($id: ID!) { node(id: $id) { id ... on OutgoingCdr { recording { url } } ... on Invoice { pdf { url } } } }',
      {
        token: erin,
        variables: { id: Buffer.from(id).toString('base64') },
      },
    )
    expect([data, errors]).toEqual([{ node: null }, undefined])
  }
})
