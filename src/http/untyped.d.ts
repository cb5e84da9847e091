// Until @types/fresh and @types/range-parser are installed.
declare module 'fresh' {
  function fresh(
    requestHeaders: Readonly<Record<string, string | string[] | undefined>>,
    responseHeaders: Readonly<Record<string, string | undefined>>,
  ): boolean
  export = fresh
}
declare module 'range-parser' {
  function parseRange(
    size: number,
    header: string,
    options?: { combine?: boolean },
  ): ({ start: number; end: number }[] & { type: string }) | -1 | -2
  export = parseRange
}
