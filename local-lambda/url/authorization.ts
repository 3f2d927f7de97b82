/**
 * Who may call a Function URL.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */

import { LOCAL_ACCOUNT } from "../function-configuration.ts";
import { StartError } from "../start-error.ts";
import type { IamIdentity } from "./function-url-event.ts";
import { respond, type UrlResponse } from "./function-url-response.ts";
import { type SignedRequest, type SigningCredentials, verifySignature } from "./signature.ts";

/** A caller who is let in, known by name or not; or what is answered instead. */
type Admission =
  | { admitted: true; identity?: IamIdentity }
  | { admitted: false; response: UrlResponse };

/** Decides on a request that has arrived whole, before the function hears of it. */
export type Authorize = (request: SignedRequest) => Admission | Promise<Admission>;

/** The mode `AWS_IAM` for one caller: requests signed for Lambda in `region` with these credentials. */
export function iamAuthorization(region: string, credentials: SigningCredentials): Authorize {
  const find = (accessKeyId: string) =>
    accessKeyId === credentials.accessKeyId ? credentials : undefined;
  return async (request) => {
    const scope = { region, service: "lambda", now: new Date() };
    const verification = await verifySignature(request, scope, find);
    if (verification.ok) return { admitted: true, identity: localUser(credentials) };
    const { errorType, body } = verification;
    const response = respond(403, { "x-amzn-errortype": errorType }, JSON.stringify(body));
    return { admitted: false, response };
  };
}

/**
 * The caller's credentials in AWS's own environment variables.
 * https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
 *
 * @throws StartError when they are missing
 */
export function credentialsIn(env: NodeJS.ProcessEnv): SigningCredentials {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    const variable = AWS_ACCESS_KEY_ID ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID";
    throw new StartError("no credentials", { variable });
  }
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  };
}

/** Whom a key belongs to only IAM knows: a user of the local account is assumed. */
function localUser({ accessKeyId }: SigningCredentials): IamIdentity {
  return {
    accessKey: accessKeyId,
    accountId: LOCAL_ACCOUNT,
    callerId: "AIDALOCAL",
    userArn: `arn:aws:iam::${LOCAL_ACCOUNT}:user/local`,
    userId: "AIDALOCAL",
  };
}
