/**
 * A copy of the project for one test, in which commands run as a user types them. The handler may be
 * changed in it, and its stack is its own. Nothing of it is left when the test is over.
 */

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, onTestFinished } from "vitest";
import { SOAK } from "../effort.ts";
import { collect, processIds, ROOT, readProcessFile, temporaryFolder } from "../processes.ts";
import { startTerminal } from "../screen/open-screen.ts";
import type { Terminal, TerminalOptions } from "../screen/terminal.ts";
import { commandOnPath } from "./pulumi-on-path.ts";
import { StandInAws } from "./stand-in-aws.ts";

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

const STACK = "dev";

/** The long form of a test fires many times. */
const TIMEOUT_MS = SOAK ? 1_800_000 : 400_000;

/** `describe`, skipped where there is no Pulumi CLI, of tests that take many of its commands. */
export const describeDeployment = (name: string, tests: () => void) =>
  describe.skipIf(commandOnPath("pulumi") === undefined)(name, { timeout: TIMEOUT_MS }, tests);

/** A stack that is deployed with some configuration, whose creation is not counted. */
export async function deployed(configuration: Configuration = {}) {
  const aws = await StandInAws.start();
  const workspace = await Workspace.create(aws);
  await workspace.configure(configuration);
  await workspace.up();
  aws.account.takeCalls();
  return { aws, workspace, outputs: await workspace.outputs() };
}

/** Keys and what they are set to; `undefined`: to what Pulumi.yaml states. */
type Configuration = Record<string, string | undefined>;

/**
 * The resources that a printed preview would change, each as its headline says, such as `~ TYPE:
 * (update)`. What it only found to be otherwise than when it looked last is left out.
 */
export function changedIn(diff: string): string[] {
  return diff
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^[-+~]{1,2} \w+:\S+: \((?!refresh)/.test(line))
    .filter((line) => !line.includes("pulumi:pulumi:Stack"));
}

export class Workspace {
  /** Everything of it lies in this folder. */
  readonly folder: string;
  /** The copy of the project. */
  readonly project: string;
  /** What its commands find in their environment. */
  readonly env: NodeJS.ProcessEnv;

  private constructor(folder: string, env: Record<string, string>) {
    this.folder = folder;
    this.project = join(folder, "project");
    this.env = { ...withoutCredentials(process.env), ...env };
  }

  /** Copies the project and makes a stack that is called `dev` and not yet deployed. */
  static async create(aws: StandInAws): Promise<Workspace> {
    const folder = temporaryFolder();
    const workspace = new Workspace(folder, environment(folder, aws));
    // Registered after the folder, so done before that is removed.
    onTestFinished(() => workspace.#end());
    copyProject(workspace.project);
    writePlugins(join(folder, "bin"), aws);
    for (const name of ["home", "state", "data"]) mkdirSync(join(folder, name));
    await workspace.expectSuccess("pulumi", "stack", "init", STACK);
    return workspace;
  }

  /** Sets and removes keys, as `pulumi config set` and `pulumi config rm` do one by one. */
  async configure(configuration: Configuration): Promise<void> {
    for (const [action, isSet] of [
      ["set-all", true],
      ["rm-all", false],
    ] as const) {
      const entries = Object.entries(configuration).filter(([, value]) => isSet === !!value);
      const words = entries.map(([key, value]) =>
        isSet ? ["--plaintext", `${key}=${value}`] : key,
      );
      if (words.length > 0) await this.expectSuccess("pulumi", "config", action, ...words.flat());
    }
  }

  /** Runs a command in the project's folder, waits for its end and gives what it printed. */
  async run(command: string, ...args: string[]): Promise<CommandResult> {
    const child = spawn(command, args, {
      cwd: this.project,
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    const [code] = await once(child, "close");
    return { code, stdout: stdout(), stderr: stderr() };
  }

  /** Runs a command that must succeed; gives its standard output. */
  async expectSuccess(command: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, ...args);
    if (code === 0) return stdout;
    throw new Error(`${[command, ...args].join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  }

  /** What would change, as the CLI prints it. */
  preview(): Promise<string> {
    return this.expectSuccess("pulumi", "preview", "--diff");
  }

  /** Deploys what must be refused, without a stack trace; gives what is said. */
  async refusedUp(...args: string[]): Promise<string> {
    const { code, stdout } = await this.run("pulumi", "up", "--yes", ...args);
    if (code === 0) throw new Error(`It was deployed all the same:\n${stdout}`);
    if (/^\s+at /m.test(stdout)) throw new Error(`There is a stack trace:\n${stdout}`);
    return stdout;
  }

  /** Deploys, without the preview that `pulumi up` begins with and that runs the program once more. */
  up(): Promise<string> {
    return this.expectSuccess("pulumi", "up", "--yes", "--skip-preview");
  }

  /** Opens the screen, as a user types it. */
  openScreen(size: Pick<TerminalOptions, "columns" | "rows">): Terminal {
    const command = ["npm", "run", "-s", "tui", "--", "--hold", "400ms"];
    return startTerminal(command, { env: this.env, cwd: this.project, ...size });
  }

  /** What the stack exports, as `pulumi stack output --json` prints it. */
  async outputs(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.expectSuccess("pulumi", "stack", "output", "--json"));
  }

  /** Changes one text in a file of the copy, which must hold it. */
  edit(file: string, before: string, after: string): void {
    const path = join(this.project, file);
    const text = readFileSync(path, "utf8");
    if (!text.includes(before)) throw new Error(`${file} does not hold ${before}`);
    writeFileSync(path, text.replace(before, after));
  }

  /** Ends what a command left behind, and says so: nothing should. */
  #end(): void {
    const left = processIds().filter((pid) => {
      const told = readProcessFile(pid, "cmdline") + readProcessFile(pid, "environ");
      return pid !== process.pid && told.includes(this.folder);
    });
    const commands = left.map((pid) => readProcessFile(pid, "cmdline").replaceAll("\0", " "));
    for (const pid of left) process.kill(pid, "SIGKILL");
    if (left.length > 0) throw new Error(`Processes were left: ${commands.join("; ")}`);
  }
}

/** What a user of another machine would not have, so that no test hangs on it. */
function withoutCredentials(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(AWS|PULUMI|VITEST|NODE_ENV)/.test(name)),
  );
}

function environment(folder: string, aws: StandInAws): Record<string, string> {
  const path = [join(folder, "bin"), dirname(process.execPath), process.env.PATH];
  return {
    ...aws.environment,
    PATH: path.join(delimiter),
    HOME: join(folder, "home"),
    NO_COLOR: "1",
    LAMBDA_CONCURRENCY_TEST_DATA: join(folder, "data"),
    PULUMI_HOME: join(folder, "home", ".pulumi"),
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // A plugin that is missing is a mistake of the test, and nothing to be fetched.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

/** Everything that git knows of or would take, but no stack of the developer's own. */
function copyProject(to: string): void {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const files = execFileSync("git", list, { cwd: ROOT, encoding: "utf8" }).split("\0");
  for (const file of files) {
    if (file === "" || /^Pulumi\..+\.yaml$/.test(file)) continue;
    const from = join(ROOT, file);
    if (existsSync(from)) cpSync(from, join(to, file));
  }
  symlinkSync(join(ROOT, "node_modules"), join(to, "node_modules"));
}

/** The engine finds its plugins by their names on the PATH, and reads from each at which port it is. */
function writePlugins(folder: string, aws: StandInAws): void {
  mkdirSync(folder);
  // The provider is in this process. The engine keeps the other end of the input while it lives.
  writePlugin(folder, "pulumi-resource-aws", `echo ${aws.providerPort}\nexec cat`);
  // Where the real one is installed, it runs the program.
  if (commandOnPath("pulumi-language-nodejs") === undefined) {
    const host = fileURLToPath(new URL("language-host.ts", import.meta.url));
    writePlugin(folder, "pulumi-language-nodejs", `exec '${process.execPath}' '${host}' "$@"`);
  }
}

function writePlugin(folder: string, name: string, script: string): void {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}
