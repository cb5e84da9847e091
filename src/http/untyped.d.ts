// Until @types/fresh and @types/range-parser are installed.
declare module 'fresh' {
  export default function fresh(
    requestHeaders: Readonly<Record<string, string | string[] | undefined>>,
    responseHeaders: Readonly<Record<string, string | undefined>>,
  ): boolean
}
declare module 'range-parser' {
  export default function parseRange(
    size: number,
    header: string,
    options?: { combine?: boolean },
  ): ({ start: number; end: number }[] & { type: string }) | -1 | -2
}
