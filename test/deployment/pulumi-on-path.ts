/** Tests of the deployment need the Pulumi CLI and cfn-lint, which no package brings. */

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The file that a command's name stands for; `undefined` when there is none on the PATH. */
export function commandOnPath(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const file = join(folder || ".", name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // The next folder may have it.
    }
  }
  return undefined;
}

/** Said once before the tests, where those of the deployment cannot run. */
export function setup(): void {
  if (commandOnPath("pulumi") === undefined) {
    console.warn(
      "The Pulumi CLI is not on the PATH: the tests of the deployment are skipped. " +
        "Install it from https://www.pulumi.com/docs/install/\n",
    );
  }
  if (commandOnPath("cfn-lint") === undefined) {
    console.warn(
      "cfn-lint is not on the PATH: the test of the web function's template is skipped. " +
        "Install it with pip: https://github.com/aws-cloudformation/cfn-lint#install\n",
    );
  }
}
