/** What is said about stacks, with the real CLI: why one cannot be used, and commands that name it. */

import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { canPretend, NAMELESS_USER } from "../another-machine.ts";
import { drawn } from "../effort.ts";
import { commandOf, ROOT } from "../processes.ts";
import { StandInAws } from "./stand-in-aws.ts";
import { deployed, describeDeployment, Workspace } from "./workspace.ts";

/** What is said of a stack that cannot be fired at, on a machine that some words change. */
async function refusal(workspace: Workspace, stack: string, ...changes: string[]): Promise<string> {
  const experiment = ["npm", "run", "-s", "experiment", "--", "--target", stack];
  const { code, stderr } = await workspace.run("env", ...changes, ...experiment);
  expect(code).toBe(1);
  return stderr;
}

/** Puts outputs of which some are secrets into the state, as a changed program would. */
async function exportSecrets(workspace: Workspace, ...keys: string[]): Promise<void> {
  const state = JSON.parse(await workspace.expectSuccess("pulumi", "stack", "export"));
  const signature = "4dabf18193072939515e22adb298388d";
  const secret = { [signature]: "1b47061264138c4ac30d75fd1eb44270", plaintext: '"hidden"' };
  const project = "lambda-concurrency-test";
  const type = "pulumi:pulumi:Stack";
  const urn = `urn:pulumi:dev::${project}::${type}::${project}-dev`;
  const outputs = Object.fromEntries(keys.map((key) => [key, secret]));
  state.deployment.resources = [{ urn, type, custom: false, outputs }];
  const file = join(workspace.folder, "state.json");
  writeFileSync(file, JSON.stringify(state));
  await workspace.expectSuccess("pulumi", "stack", "import", "--file", file);
}

describeDeployment("what is said of stacks", () => {
  const tests: [string, () => Promise<void>][] = [
    [
      "a stack that cannot be used is told apart by what the CLI says, with what helps",
      async () => {
        const workspace = await Workspace.create(await StandInAws.start());
        const nowhere = `PULUMI_BACKEND_URL=file://${join(workspace.folder, "nowhere")}`;
        const said = await Promise.all([
          refusal(workspace, "stack"),
          refusal(workspace, "stack", "PULUMI_STACK=tomato"),
          refusal(workspace, "stack", "PULUMI_STACK="),
          refusal(workspace, "stack:other"),
          refusal(workspace, "stack", "-u", "PULUMI_BACKEND_URL"),
          refusal(workspace, "stack", nowhere),
        ]);
        expect(said).toEqual([
          'error: The stack dev is not deployed.\nRun "pulumi up --stack dev".\n',
          expect.stringMatching(
            /^error: There is no stack tomato, which the variable PULUMI_STACK/,
          ),
          expect.stringMatching(
            /^error: No stack is selected, since the variable PULUMI_STACK is set/,
          ),
          expect.stringMatching(/^error: There is no stack other\.\nRun "pulumi stack ls"/),
          expect.stringMatching(/^error: The Pulumi CLI is not logged in\.\nRun "pulumi login"/),
          expect.stringMatching(/^error: The Pulumi CLI cannot read the stack's state: .*nowhere/),
        ]);

        await exportSecrets(workspace, "url", "functionName");
        expect(await refusal(workspace, "stack")).toMatch(
          /^error: The outputs url, functionName of the stack dev are secrets.*\n.*"pulumi up --stack dev"/,
        );
        await workspace.expectSuccess("pulumi", "stack", "unselect");
        expect(await refusal(workspace, "stack")).toMatch(/^error: No stack is selected\.\n/);
        workspace.edit("Pulumi.yaml", "runtime:", "runtime: [");
        expect(await refusal(workspace, "stack")).toMatch(
          /^error: Pulumi\.yaml cannot be used: .*invalid YAML.*\nSet it right/,
        );
      },
    ],
    [
      "printed commands act on the stack that they are about while another one is selected",
      async () => {
        const { aws, workspace, outputs } = await deployed({
          reservedConcurrency: "5",
          provisionedConcurrency: "4",
        });
        await workspace.expectSuccess("pulumi", "stack", "init", "other");

        // Below what is provisioned, which AWS takes in two updates only.
        const lower = ["config", "set", "reservedConcurrency", "2", "--stack", "dev"];
        await workspace.expectSuccess("pulumi", ...lower);
        const stdout = await workspace.refusedUp("--stack", "dev");
        const [, lowering = ""] = /; run: (pulumi .+)$/m.exec(stdout) ?? [];
        // As it was printed, by somebody who agrees to every update.
        await workspace.expectSuccess(
          "env",
          "PULUMI_SKIP_CONFIRMATIONS=true",
          "sh",
          "-ec",
          lowering,
        );
        expect(aws.account.takeCalls()).toEqual([
          "DeleteFunctionConcurrency",
          "PutProvisionedConcurrencyConfig",
          "PutFunctionConcurrency",
        ]);

        const outputsOf = async (stack: string) => {
          const words = ["stack", "output", "--json", "--stack", stack];
          return JSON.parse(await workspace.expectSuccess("pulumi", ...words));
        };
        expect(await outputsOf("dev")).toMatchObject({
          functionName: outputs.functionName,
          reservedConcurrency: 2,
          provisionedConcurrency: 2,
        });
        expect(await outputsOf("other")).toEqual({});
        const other = readFileSync(join(workspace.project, "Pulumi.other.yaml"), "utf8");
        expect(other).not.toMatch(/Concurrency/);
      },
    ],
  ];

  test.each(drawn(tests, 1))("%s", (_, see) => see());

  test.skipIf(!canPretend)(
    "a stack whose state may not be read is not called missing",
    async () => {
      const workspace = await Workspace.create(await StandInAws.start());
      const stacks = join(workspace.folder, "state/.pulumi/stacks");
      chmodSync(stacks, 0o000);
      const [node = "", ...words] = commandOf("experiment", ["--target", "stack"]);
      // By the copy of the project in the workspace, whose stack it is.
      const experiment = words.map((word) => word.replace(ROOT, "./"));
      const [command = "", ...args] = [...NAMELESS_USER, node, ...experiment];
      const { stderr } = await workspace.run(command, ...args);
      chmodSync(stacks, 0o700);
      expect(stderr).toMatch(
        /^error: The Pulumi CLI cannot read the stack's state: .*permission den/,
      );
    },
  );
});
