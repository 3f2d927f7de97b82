/** What AWS's runtime brings along and this machine may lack. */

/**
 * As Node.js says that `import` or `require` did not find a package, or a file in one. AWS documents
 * that its runtimes include the SDK, whose packages begin with `@aws-sdk`. That `@smithy`, which they
 * are made of, can be imported as well is assumed: AWS's CDK leaves both out of what it bundles
 * (aws-lambda-nodejs/lib/function.ts).
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
 */
const MISSING = /Cannot find (?:package|module) '(@(?:aws-sdk|smithy)\/[^/']+)[^']*'/;

/** An error's message, and where it is that a package of the SDK is missing, what helps. */
export function withMissingSdk(errorMessage: string): string {
  const [whole, name] = MISSING.exec(errorMessage) ?? [];
  if (whole === undefined) return errorMessage;
  const help =
    "AWS's runtime brings it, this machine lacks it: " +
    `run npm install ${name} in the code's folder, or bundle it`;
  return errorMessage.replace(whole, () => `${whole} (${help})`);
}
