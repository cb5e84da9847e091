/** Whether the gateways of the tests run on Yeti's own tables, on two servers, as a role with the least rights. */
export const onYetisTables = process.env['YETI_TABLES'] === '1'
