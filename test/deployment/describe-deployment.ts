/** `describe`, skipped where there is no Pulumi CLI. */

import { describe } from "vitest";
import { commandOnPath } from "./pulumi-on-path.ts";

export const describeDeployment = describe.skipIf(commandOnPath("pulumi") === undefined);
