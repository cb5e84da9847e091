import { startCryptomus } from '../../support/cryptomus-server.ts'
import { startGateway, type Gateway } from '../../support/gateway.ts'

/** A gateway where everything that the schema offers can be asked for: with a provider of payments, too. */
export async function startPortal(settings: Readonly<Record<string, string>> = {}): Promise<Gateway> {
  const cryptomus = await startCryptomus()
  const gateway = await startGateway({ ...cryptomus.settings, ...settings })
  return {
    ...gateway,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await cryptomus[Symbol.asyncDispose]()
    },
  }
}
