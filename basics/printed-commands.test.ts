import { expect, test } from "vitest";
import { pulumiCommand, pulumiUpWith } from "./printed-commands.ts";

test("a command names its stack, and without a name acts on the selected one", () => {
  expect(pulumiCommand("acme/dev", "destroy")).toBe("pulumi destroy --stack acme/dev");
  expect(pulumiCommand(undefined, "stack output", "url")).toBe("pulumi stack output url");
});

test.each([
  ["64", "pulumi config set tags 64 --stack dev"],
  ["cost center=a b", "pulumi config set tags 'cost center=a b' --stack dev"],
  ["it's", "pulumi config set tags 'it'\\''s' --stack dev"],
  ["-x=1", "pulumi config set tags --stack dev -- -x=1"],
  ["-x y", "pulumi config set tags --stack dev -- '-x y'"],
])("the value %j is one word for the shell, and never an option", (value, command) => {
  expect(pulumiCommand("dev", "config set tags", value)).toBe(command);
});

test("settings and the update that deploys them are one line", () => {
  expect(pulumiUpWith("dev", { reservedConcurrency: "none", maxHoldMs: 200 })).toBe(
    "pulumi config set reservedConcurrency none --stack dev && " +
      "pulumi config set maxHoldMs 200 --stack dev && pulumi up --stack dev",
  );
});
