/**
 * Functions of Lambda.
 * https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
 */

import { isDeepStrictEqual } from "node:util";
import type { Account } from "./account.ts";
import { isRecord } from "./archive.ts";
import { AwsError, invalid } from "./aws-error.ts";
import { DeployedFunction } from "./deployed-function.ts";
import type { Kind } from "./kind.ts";
import type { Failure, Properties } from "./provider-protocol.ts";
import { judge, oneOf, type Rule, tags, text, whole } from "./rules.ts";

/** Properties that are no part of the configuration that a version keeps. */
const OUTSIDE_VERSIONS = ["reservedConcurrentExecutions", "tags", "publish", "skipDestroy"];

export const functionKind: Kind = {
  module: "lambda/function",
  named: { property: "name", maxLength: 64 },
  replacing: new Set(["name", "packageType", "tenancyConfig", "region"]),
  computed: [
    ...["arn", "invokeArn", "qualifiedArn", "qualifiedInvokeArn", "version", "lastModified"],
    ...["codeSha256", "sourceCodeSize", "region", "tagsAll"],
  ],
  recomputed: (changed, { publish }) => {
    const configured = [...changed].some((name) => !OUTSIDE_VERSIONS.includes(name));
    return [
      ...(changed.has("code") ? ["codeSha256", "sourceCodeSize"] : []),
      ...(configured ? ["lastModified"] : []),
      ...(configured && publish === true ? ["version", "qualifiedArn", "qualifiedInvokeArn"] : []),
      ...(changed.has("tags") ? ["tagsAll"] : []),
    ];
  },
  problems: (inputs) => [
    ...judge(inputs, {
      name: text(/^[a-zA-Z0-9-_]+$/, 64),
      description: text(/^.*$/s, 256),
      runtime: oneOf("nodejs22.x", "nodejs24.x"),
      handler: text(/^\S+$/, 128),
      memorySize: whole(128, 10_240),
      timeout: whole(1, 900),
      architectures: (value) => oneOf("arm64", "x86_64")(Array.isArray(value) ? value[0] : value),
      reservedConcurrentExecutions: whole(0),
      environment,
      loggingConfig,
      tags,
    }),
    ...missingCode(inputs),
  ],
  async create(account, inputs) {
    const name = String(inputs.name);
    account.note("CreateFunction");
    if (account.functions.has(name)) {
      throw new AwsError("ResourceConflictException", `Function already exist: ${name}`, 409);
    }
    checkRole(account, inputs);
    const deployed = new DeployedFunction(account, name);
    const reserved = reservationOf(inputs);
    if (reserved !== undefined) {
      account.note("PutFunctionConcurrency");
      account.reserve(reserved);
      deployed.reservedConcurrency = reserved;
    }
    // Last, since it unpacks the code: what is refused leaves no folder.
    deployed.set(inputs, inputs.code);
    if (inputs.publish === true) deployed.publish();
    account.functions.set(name, deployed);
    return { id: name, outputs: outputs(deployed) };
  },
  async update(account, { id, inputs }, news) {
    const deployed = account.functionNamed(id);
    const changedCode = archiveHash(inputs) !== archiveHash(news);
    const configured = !isDeepStrictEqual(configurationOf(inputs), configurationOf(news));
    if (!isDeepStrictEqual(inputs.tags, news.tags)) account.note("TagResource");
    if (configured) {
      account.note("UpdateFunctionConfiguration");
      checkRole(account, news);
    }
    if (changedCode) account.note("UpdateFunctionCode");
    const reserves = reserve(account, deployed, inputs, news);
    deployed.set(news, changedCode ? news.code : undefined);
    if (news.publish === true && (configured || changedCode)) {
      account.note("PublishVersion");
      deployed.publish();
    }
    // Also for a reservation alone, which on AWS leaves environments as they are.
    if (configured || changedCode || reserves) await deployed.restart();
    return outputs(deployed);
  },
  async remove(account, { id }) {
    account.note("DeleteFunction");
    await account.functions.get(id)?.close();
    account.functions.delete(id);
  },
};

/** Changes the reservation; tells whether there was anything to change. */
function reserve(
  account: Account,
  deployed: DeployedFunction,
  inputs: Properties,
  news: Properties,
): boolean {
  const [before, after] = [reservationOf(inputs), reservationOf(news)];
  if (before === after) return false;
  const { provisioned } = deployed;
  account.note(after === undefined ? "DeleteFunctionConcurrency" : "PutFunctionConcurrency");
  if (after !== undefined) {
    account.reserve(after, before);
    const needed = [...provisioned.values()].reduce((sum, count) => sum + count, 0);
    if (after < needed) {
      throw invalid(
        `ReservedConcurrentExecutions  ${after} should not be lower than function's total ` +
          `provisioned concurrency [${needed}].`,
      );
    }
  }
  deployed.reservedConcurrency = after;
  return true;
}

function reservationOf({ reservedConcurrentExecutions }: Properties): number | undefined {
  return reservedConcurrentExecutions === undefined
    ? undefined
    : Number(reservedConcurrentExecutions);
}

function configurationOf(inputs: Properties): Properties {
  const outside = [...OUTSIDE_VERSIONS, "code"];
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !outside.includes(name)));
}

function archiveHash({ code }: Properties): unknown {
  return isRecord(code) ? code.hash : undefined;
}

/**
 * Lambda must be able to be the role. That the role may write logs is not asked by AWS, which would
 * rather lose them without a word; here it is, so that a policy that comes too late is noticed.
 */
function checkRole(account: Account, { role, loggingConfig: logging }: Properties): void {
  const found = [...account.roles.values()].find(
    ({ name }) => account.arn("iam", `role/${name}`) === role,
  );
  if (!found?.admitsLambda) {
    throw invalid("The role defined for the function cannot be assumed by Lambda.");
  }
  const logGroup = isRecord(logging) ? String(logging.logGroup) : "";
  if (!account.logGroups.has(logGroup)) {
    throw invalid(`The log group ${logGroup} of the function does not exist.`);
  }
  const stream = account.arn("logs", `log-group:${logGroup}:log-stream:any`);
  for (const action of ["logs:CreateLogStream", "logs:PutLogEvents"]) {
    if (!found.allows(action, stream)) {
      throw invalid(`The role ${found.name} is not allowed to ${action} in ${logGroup}.`);
    }
  }
}

const VARIABLE = /^[a-zA-Z]\w+$/;
/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const RESERVED_VARIABLE = /^(_|AWS_(?!LAMBDA_EXEC_WRAPPER)|LAMBDA_)/;
const MAX_VARIABLES_BYTES = 4_096;

const environment: Rule = (value) => {
  const variables = isRecord(value) && isRecord(value.variables) ? value.variables : {};
  if (Buffer.byteLength(JSON.stringify(variables)) > MAX_VARIABLES_BYTES) {
    return "the environment variables take more than 4 KB";
  }
  const wrong = Object.keys(variables).find(
    (name) => !VARIABLE.test(name) || RESERVED_VARIABLE.test(name),
  );
  return wrong === undefined ? undefined : `${wrong} is no name for an environment variable`;
};

const loggingConfig: Rule = (value) => {
  if (!isRecord(value)) return "expected a logging configuration";
  return oneOf("JSON", "Text")(value.logFormat);
};

function missingCode({ code }: Properties): Failure[] {
  return code === undefined
    ? [{ property: "code", reason: "one of code, imageUri, s3Bucket" }]
    : [];
}

function outputs(deployed: DeployedFunction): Properties {
  const { account, arn, latest, newestVersion } = deployed;
  const { inputs } = latest;
  const invoke = `arn:aws:apigateway:${account.region}:lambda:path/2015-03-31/functions`;
  return {
    memorySize: 128,
    timeout: 3,
    packageType: "Zip",
    ...inputs,
    arn,
    region: account.region,
    version: newestVersion,
    invokeArn: `${invoke}/${arn}/invocations`,
    qualifiedArn: `${arn}:${newestVersion}`,
    qualifiedInvokeArn: `${invoke}/${arn}:${newestVersion}/invocations`,
    lastModified: new Date().toISOString(),
    codeSha256: latest.codeSha256,
    sourceCodeSize: latest.codeSize,
    tagsAll: inputs.tags ?? {},
  };
}
