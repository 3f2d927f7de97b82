/**
 * What AWS says of a request whose signature it does not accept. No page lists the bodies of
 * Function URLs, so each stands with where its words come from.
 */

/** The type goes into the header `x-amzn-errortype`, the body is JSON. */
export interface SignatureRefusal {
  errorType: string;
  body: { message: string } | { Message: string };
}

const INVALID = "InvalidSignatureException";

export const refusals = {
  /**
   * Seen at Function URLs, with its capital letter, and described in
   * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
   */
  unsigned: {
    errorType: "AccessDeniedException",
    body: {
      Message:
        "Forbidden. For troubleshooting Function URL authorization issues, see: " +
        "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
    },
  },
  /**
   * Seen at a Function URL, for an unsigned payload too:
   * https://repost.aws/questions/QUPuq7VvHJRwWxVA3XJIgNKQ
   */
  mismatch: refusal(
    INVALID,
    "The request signature we calculated does not match the signature you provided. Check your " +
      "AWS Secret Access Key and signing method. Consult the service documentation for details.",
  ),
  /** Documented for Lambda's API: https://repost.aws/knowledge-center/lambda-sdk-signature */
  expired: (signedAt: string, earliest: string, now: string) =>
    refusal(
      INVALID,
      `Signature expired: ${signedAt} is now earlier than ${earliest} (${now} - 5 min.)`,
    ),
  /** Seen at other services; assumed for Function URLs. */
  notYetCurrent: (signedAt: string, latest: string, now: string) =>
    refusal(
      INVALID,
      `Signature not yet current: ${signedAt} is still later than ${latest} (${now} + 5 min.)`,
    ),
  /**
   * Documented among the errors that all services have, the words seen at other services; assumed
   * for Function URLs. https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
   */
  unknownToken: refusal(
    "UnrecognizedClientException",
    "The security token included in the request is invalid.",
  ),
  /** As before. */
  expiredToken: refusal(
    "ExpiredTokenException",
    "The security token included in the request is expired",
  ),
  /** Type documented as before; the words are ours, since AWS's repeat the header. */
  incomplete: refusal(
    "IncompleteSignatureException",
    "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters, and " +
      "the request requires an 'X-Amz-Date' header such as 20150830T123600Z.",
  ),
  /** Seen at other services; assumed for Function URLs. */
  region: refusal(INVALID, "Credential should be scoped to a valid region."),
  /** As before. */
  service: (service: string) =>
    refusal(INVALID, `Credential should be scoped to correct service: '${service}'.`),
  /** As before. */
  day: (day: string, signedAt: string) =>
    refusal(
      INVALID,
      "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: " +
        `'${day}' != '${signedAt.slice(0, 8)}', from '${signedAt}'.`,
    ),
};

function refusal(errorType: string, message: string): SignatureRefusal {
  return { errorType, body: { message } };
}
