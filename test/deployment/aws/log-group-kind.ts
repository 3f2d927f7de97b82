/** Log groups, as the provider makes them. */

import type { Account } from "./account.ts";
import { AwsError } from "./aws-error.ts";
import type { Kind } from "./kind.ts";
import { LogGroup } from "./log-group.ts";
import type { Properties } from "./provider-protocol.ts";
import { judge, oneOf, tags, text } from "./rules.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html */
const NAME = /^[.\-_/#A-Za-z0-9]+$/;
const MAX_NAME_LENGTH = 512;
/** What the provider puts behind a prefix: a time and a counter, 26 digits together. */
const SUFFIX_LENGTH = 26;
/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = [
  0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
  3288, 3653,
];

let counter = 0;

export const logGroupKind: Kind = {
  module: "cloudwatch/logGroup",
  named: { property: "name", maxLength: MAX_NAME_LENGTH },
  replacing: new Set(["name", "namePrefix", "logGroupClass", "region"]),
  computed: ["arn", "name", "region", "tagsAll"],
  recomputed: (changed) => (changed.has("tags") ? ["tagsAll"] : []),
  problems: (inputs) =>
    judge(inputs, {
      name: text(NAME, MAX_NAME_LENGTH),
      namePrefix: text(NAME, MAX_NAME_LENGTH - SUFFIX_LENGTH),
      retentionInDays: oneOf(...RETENTION_DAYS),
      tags,
    }),
  async create(account, inputs) {
    const name = String(inputs.name ?? `${inputs.namePrefix}${suffix()}`);
    account.note("CreateLogGroup");
    if (account.logGroups.has(name)) {
      throw new AwsError("ResourceAlreadyExistsException", `The log group ${name} exists already.`);
    }
    account.logGroups.set(name, new LogGroup());
    if (inputs.retentionInDays !== undefined) account.note("PutRetentionPolicy");
    return { id: name, outputs: outputs(account, name, inputs) };
  },
  async update(account, { id, inputs }, news) {
    if (inputs.retentionInDays !== news.retentionInDays) account.note("PutRetentionPolicy");
    if (JSON.stringify(inputs.tags) !== JSON.stringify(news.tags)) account.note("TagResource");
    return outputs(account, id, news);
  },
  async remove(account, { id }) {
    account.note("DeleteLogGroup");
    account.logGroups.delete(id);
  },
};

function suffix(): string {
  counter += 1;
  const time = new Date().toISOString().replaceAll(/\D/g, "");
  return `${time}${counter.toString(16).padStart(SUFFIX_LENGTH - time.length, "0")}`;
}

function outputs(account: Account, name: string, inputs: Properties): Properties {
  return {
    skipDestroy: false,
    ...inputs,
    name,
    arn: account.arn("logs", `log-group:${name}`),
    region: account.region,
    tagsAll: inputs.tags ?? {},
  };
}
