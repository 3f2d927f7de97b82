/**
 * What anybody may write, so that it tells nothing of whose an answer is: headers that say how a message
 * is read or sent on, and values that protocols define, or that look alike for everybody.
 */

/**
 * By lower-case name, of requests and of answers. Those that may name somebody are none of them: `host`,
 * `origin`, `referer`, `location`, `content-disposition`, `set-cookie` and all that a user makes up.
 * https://www.rfc-editor.org/rfc/rfc9110, https://fetch.spec.whatwg.org
 */
const MESSAGE_HEADERS = [
  /^accept(?:-.+)?$/,
  /^access-control-(?!allow-origin$).+$/,
  /^content-(?:encoding|language|length|range|security-policy|transfer-encoding|type)$/,
  /^(?:age|allow|alt-svc|cache-control|date|expires|last-modified|pragma|retry-after|vary)$/,
  /^(?:connection|expect|keep-alive|max-forwards|te|trailer|transfer-encoding|upgrade|via)$/,
  /^if-(?:modified|unmodified)-since$/,
  /^(?:dnt|priority|range|save-data|sec-.+|upgrade-insecure-requests|user-agent)$/,
  /^(?:permissions|referrer)-policy$/,
  /^(?:server|server-timing|strict-transport-security)$/,
  /^x-(?:content-type-options|frame-options|powered-by|requested-with|xss-protection)$/,
  /^x-forwarded-(?:port|proto)$/,
];

export function isMessageHeader(name: string): boolean {
  const wanted = name.toLowerCase();
  return MESSAGE_HEADERS.some((form) => form.test(wanted));
}

/** What any value may be, or any program says of itself; in lower case. */
const WORDS = new Set([
  ..."true false null undefined none nan unknown default anonymous localhost".split(" "),
  ..."get head post put patch delete options trace connect".split(" "),
  ..."gzip deflate identity zstd chunked".split(" "),
  ..."keep-alive close upgrade no-cache no-store max-age public private xmlhttprequest".split(" "),
  ..."bearer basic digest httponly samesite secure strict path domain expires".split(" "),
  ..."application text charset json html plain yaml".split(" "),
]);

const MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
const CLOCK = String.raw`\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?(?:Z|GMT|[+-]\d\d:?\d\d))?`;

const FORMS = [
  // Media types, with parameters. https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1
  /^application\/[\w.+*-]+(?:\s*;.*)?$/i,
  /^(?:audio|font|image|multipart|text|video)\/(?:vnd\.[\w.+-]+|[\w+-]+|\*)(?:\s*;.*)?$/i,
  /^\*\/\*(?:\s*;.*)?$/,
  /^(?:charset=)?"?(?:utf-?(?:8|16|32)(?:[lb]e)?|us-ascii|iso-8859-\d+|windows-\d+)"?$/i,
  /^https?(?:\/\d(?:\.\d)?)?$/i,
  // Locales, such as en-US, zh-Hant-TW and de_DE.UTF-8.
  /^[a-z]{2,3}(?:[-_](?:[A-Z]{2}|[A-Z][a-z]{3}|\d{3}))+(?:\.[\w-]+)?$/,
  new RegExp(String.raw`^\d{4}-\d\d-\d\d(?:[T ]${CLOCK})?$`),
  new RegExp(`^${CLOCK}$`),
  new RegExp(String.raw`^\w{3}, \d\d ${MONTH} \d{4} ${CLOCK}$`),
  new RegExp(String.raw`^\d\d/${MONTH}/\d{4}:${CLOCK}$`),
  // Years, round numbers, fractions and versions.
  /^(?:19|20)\d\d$/,
  /^[+-]?(?:\d{1,4}00|\d0+)$/,
  /^[+-]?v?\d+(?:[.,]\d+){1,2}%?$/,
  /^(?:127(?:\.\d+){3}|0\.0\.0\.0|\[?::1?\]?|localhost)(?::\d+)?$/i,
];

/** Whether a text is a value that anybody may write, such as `application/json`, `en-US` or `1000`. */
export function isCommonValue(text: string): boolean {
  return WORDS.has(text.toLowerCase()) || FORMS.some((form) => form.test(text));
}
