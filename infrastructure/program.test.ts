import { expect, test } from "vitest";
import { declaredDefaults, FUNCTION, Run, runProgram } from "./mocked-program.ts";

test("exports all that the runner reads, a policy for who runs it, and a README", async () => {
  const { readme, callerPolicy, ...outputs } = (await runProgram()).outputs;
  expect(outputs).toEqual({
    url: "https://abc.lambda-url.eu-west-1.on.aws/",
    urlAuthorization: "AWS_IAM",
    functionName: "lambda-concurrency-test-1a2b3c4",
    region: "eu-west-1",
    logGroupName: "/aws/lambda/lambda-concurrency-test-1",
    memoryMb: 128,
    architecture: "arm64",
    timeoutSeconds: 65,
    maxHoldMs: 60_000,
    reservedConcurrency: "none",
    provisionedConcurrency: "none",
    generation: 1,
    codeSha256: "q1MKE+RZFJgrefm34/uplM/R8/si9xzqGvvwK0YMbR0=",
  });
  expect(JSON.parse(String(callerPolicy))).toHaveProperty("Statement");
  for (const name of ["url", "functionName", "region", "logGroupName"]) {
    expect(readme).toContain(outputs[name]);
  }
});

test("exports reserved and provisioned concurrency as numbers where they are set", async () => {
  const { outputs } = await runProgram({ reservedConcurrency: "5", provisionedConcurrency: "2" });
  expect(outputs).toMatchObject({ reservedConcurrency: 5, provisionedConcurrency: 2 });
});

test("needs all keys that Pulumi.yaml declares, and no others", async () => {
  const { parseConfiguration } = await import("./configuration.ts");
  const read: string[] = [];
  parseConfiguration((key) => {
    read.push(key);
    return undefined;
  }, "dev");
  expect(read.toSorted()).toEqual(Object.keys(declaredDefaults()).toSorted());
});

test("names its stack in every command, with its organization where it has one", async () => {
  for (const [organization, name] of [
    ["organization", "dev"],
    ["acme", "acme/dev"],
  ]) {
    const everything = { provisionedConcurrency: "2", urlAuthorization: "NONE" };
    for (const changes of [everything, {}]) {
      const { outputs } = await runProgram(changes, new Run(), organization);
      const readme = String(outputs.readme);
      const commands = readme.match(/\bpulumi (?:up|destroy|config|stack)\b[^`&>\n]*/g);
      expect(commands?.length).toBeGreaterThan(3);
      for (const command of commands ?? []) {
        expect(command.trim()).toMatch(new RegExp(` --stack ${name}$`));
      }
      expect(readme).toContain(`npm run experiment -- --target stack:${name}\``);
    }
    await expect(runProgram({ memoryMb: "64" }, new Run(), organization)).rejects.toThrow(
      `run: pulumi config set memoryMb 128 --stack ${name}`,
    );
  }
});

test("creates nothing when the configuration is wrong", async () => {
  const run = new Run();
  await expect(runProgram({ memoryMb: "64", architecture: "mips" }, run)).rejects.toThrow(
    /memoryMb is "64".*\n.*architecture is "mips"/,
  );
  expect(run.registered).toEqual([]);
});

test("run again, asks for exactly the same", async () => {
  const everything = { provisionedConcurrency: "2", urlAuthorization: "NONE", tags: "team=a" };
  const runs = [await runProgram(everything), await runProgram(everything)];
  const [first, second] = await Promise.all(
    runs.map(async (run) => ({
      // The archive is compared by its files.
      resources: run.registered
        .map(({ type, name, inputs: { code, ...inputs } }) => ({ type, name, inputs }))
        .toSorted((a, b) => `${a.type} ${a.name}`.localeCompare(`${b.type} ${b.name}`)),
      files: await run.deployedFiles(),
      outputs: run.outputs,
    })),
  );
  expect(first?.resources.map(({ type }) => type)).toContain(FUNCTION);
  expect(second).toEqual(first);
});
