import type { ExecutionResult } from 'graphql'
import type { AccessListener, AccessWatch } from '../identity/identity.ts'
import type { Viewer } from '../identity/viewer.ts'
import { Latest } from '../latest.ts'
import type { Context } from '../schema/context.ts'
import type { Decide } from './decision.ts'
import { countDenied } from './denials.ts'
import { deniedHeader, wantsAllOrNothing } from './denied-header.ts'
import { runningSubscription } from './running-subscription.ts'
import { answerEvent, deniesMore, failed, rule, type Ruling, type SubscriptionArgs } from './ruling.ts'
import { isSource, openSource, readSource, type Source } from './source.ts'

/**
 * Starts a subscription: it is decided before its source is opened, again at every event, and as soon as its viewer
 * changes. Only then is it touched: what is lost becomes null in an event at once, a lost root field ends it.
 */
export async function subscribe(decide: Decide, args: SubscriptionArgs): Promise<Subscription | ExecutionResult> {
  const context: Context & { readonly request?: Request } = args.contextValue
  const wholeOrNothing = wantsAllOrNothing(context.request?.headers.get(deniedHeader))
  const judge = (viewer: Viewer): Ruling => rule(decide, args, viewer, wholeOrNothing)
  const first = judge(context.viewer)
  // Once, not again for each event.
  countDenied(context, first.decision)
  if (first.refusal) return first.refusal
  const subscription = new Subscription(args, judge, first)
  try {
    const failure = await subscription.start()
    if (!failure) {
      endWith(context.request?.signal, subscription)
      return subscription
    }
    await subscription.return()
    return failure
  } catch (error) {
    await subscription.return()
    throw error
  }
}

/** A client may go while nobody has begun to read yet. */
function endWith(signal: AbortSignal | undefined, subscription: Subscription): void {
  const end = (): void => void subscription.return()
  if (signal?.aborted) end()
  else signal?.addEventListener('abort', end, { once: true })
}

/** An event of the source, which may be told again when what may be told of it has changed. */
interface Event {
  readonly payload: unknown
}

/** One running subscription: its answers, of which a slow client gets the newest. */
class Subscription implements AsyncIterableIterator<ExecutionResult, undefined>, AccessListener {
  readonly #args: SubscriptionArgs
  readonly #judge: (viewer: Viewer) => Ruling
  readonly #next = new Latest<Event | { readonly last: ExecutionResult }>(() => this.#close())
  #ruling: Ruling
  #watch: AccessWatch | null = null
  #registration: ReturnType<Context['runningSubscriptions']['add']> | null = null
  #source: Source | null = null
  #newest: Event | null = null
  /** Counts the openings of the source, of which only the newest matters. */
  #opening = 0

  constructor(args: SubscriptionArgs, judge: (viewer: Viewer) => Ruling, ruling: Ruling) {
    this.#args = args
    this.#judge = judge
    this.#ruling = ruling
  }

  /** An answer, where there is nothing to run. */
  async start(): Promise<ExecutionResult | null> {
    const { identity, viewer, address } = this.#args.contextValue
    this.#watch = await identity.access.watch(viewer, address, this)
    // That was a first look at the viewer already, and may have ended it.
    if (this.#next.finished) {
      this.#watch.stop()
      return null
    }
    const failure = await this.#open()
    if (!failure) this.#register()
    return failure
  }

  changed(viewer: Viewer): void {
    const before = this.#ruling
    this.#ruling = this.#judge(viewer)
    if (this.#ruling.refusal) this.#end(this.#ruling.refusal)
    else if (tenancyOf(viewer) !== tenancyOf(before.viewer)) void this.#reopen()
    else if (this.#newest && deniesMore(this.#ruling, before)) this.#next.put(this.#newest)
    this.#registration?.changed()
  }

  ended(error: Error | null): void {
    if (error) this.#end(failed(error))
    else this.#next.finish()
  }

  async next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    for (;;) {
      const item = await this.#next.next()
      if (item.done) return item
      const value = 'last' in item.value ? item.value.last : await this.#answer(item.value)
      if (value) return { value, done: false }
    }
  }

  async return(): Promise<IteratorResult<ExecutionResult, undefined>> {
    await this.#next.return()
    return { value: undefined, done: true }
  }

  async throw(error: unknown): Promise<never> {
    await this.#next.return()
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Looks at the viewer again, together with all who have an event just now; null where that changes everything. */
  async #answer(event: Event): Promise<ExecutionResult | null> {
    await this.#watch?.verify().catch((error: unknown) => this.#end(failed(error)))
    const [ruling, opening] = [this.#ruling, this.#opening]
    if (this.#next.finished || this.#newest !== event) return null
    const result = await answerEvent(this.#args, ruling, event.payload)
    // Closing counts as opening.
    const outdated = opening !== this.#opening || (ruling !== this.#ruling && deniesMore(this.#ruling, ruling))
    return outdated ? null : result
  }

  /** For administrators who want to foresee what a change would do to it. */
  #register(): void {
    if (this.#next.finished) return
    const { runningSubscriptions } = this.#args.contextValue
    this.#registration = runningSubscriptions.add(() => runningSubscription(this.#args, this.#judge, this.#ruling))
  }

  async #open(): Promise<ExecutionResult | null> {
    const own = ++this.#opening
    this.#source?.close()
    this.#newest = null
    const opened = await openSource(this.#args, this.#ruling)
    if (!isSource(opened)) return opened
    const source = readSource(opened, {
      event: (payload) => this.#next.put((this.#newest = { payload })),
      ended: (failure) => (failure ? this.#end(failed(failure.cause)) : this.#next.finish()),
    })
    if (own === this.#opening) this.#source = source
    else source.close()
    return null
  }

  /** Rows that are somebody else's by now must not come from a stream that was opened before. */
  async #reopen(): Promise<void> {
    const own = this.#opening + 1
    const failure = await this.#open().catch(failed)
    if (failure && own === this.#opening) this.#end(failure)
  }

  #end(last: ExecutionResult): void {
    this.#next.finish({ value: { last } })
  }

  #close(): void {
    this.#opening += 1
    this.#source?.close()
    this.#watch?.stop()
    this.#registration?.ended()
  }
}

function tenancyOf(viewer: Viewer): string {
  return viewer.kind === 'customer' ? JSON.stringify(viewer.tenant) : viewer.kind
}
