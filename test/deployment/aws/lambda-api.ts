/** The part of Lambda's API that programs call by themselves. */

import type { Account } from "./account.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
export function accountSettings(account: Account): object {
  const functions = [...account.functions.values()];
  return {
    AccountLimit: {
      TotalCodeSize: 80_530_636_800,
      CodeSizeUnzipped: 262_144_000,
      CodeSizeZipped: 52_428_800,
      ConcurrentExecutions: account.concurrentExecutions,
      UnreservedConcurrentExecutions: account.unreserved,
    },
    AccountUsage: {
      TotalCodeSize: functions.reduce((size, { latest }) => size + latest.codeSize, 0),
      FunctionCount: functions.length,
    },
  };
}
