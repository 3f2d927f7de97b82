/**
 * Stands in for Pulumi's language host of Node.js where that is not installed: the engine starts it,
 * reads the port that it prints, and asks it to run the program. What runs the program is the same as
 * ever, the launcher inside @pulumi/pulumi; this only hands over the arguments.
 * https://github.com/pulumi/pulumi/blob/master/proto/pulumi/language.proto
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import languageProto from "@pulumi/pulumi/proto/language_pb.js";
import pluginProto from "@pulumi/pulumi/proto/plugin_pb.js";
import { serve } from "./grpc-server.ts";

type RunRequest = languageProto.RunRequest;

/** The launcher's exit code when it has told the user what is wrong, so that nothing is to be added. */
const BAIL = 32;

const LAUNCHER = fileURLToPath(import.meta.resolve("@pulumi/pulumi/cmd/run/index.js"));
const engine = process.argv.at(-1) ?? "";
const programs = new Set<ChildProcess>();

/** Runs the program of one update or preview to its end. */
async function run(request: RunRequest): Promise<languageProto.RunResponse> {
  const response = new languageProto.RunResponse();
  const info = request.getInfo();
  if (!info) return response.setError("The engine did not say which program to run.");
  const options = info.getOptions()?.toJavaScript() ?? {};
  const config = Object.fromEntries(request.getConfigMap().toArray());
  const child = spawn(
    // As the real one does: the user's.
    "node",
    [...words(options.nodeargs), LAUNCHER, ...launcherArguments(request), info.getEntryPoint()],
    {
      cwd: info.getProgramDirectory(),
      stdio: ["ignore", "inherit", "inherit"],
      env: {
        ...process.env,
        PULUMI_CONFIG: JSON.stringify(config),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
        PULUMI_NODEJS_TYPESCRIPT: String(options.typescript ?? true),
      },
    },
  );
  programs.add(child);
  const [code, signal] = await once(child, "exit");
  programs.delete(child);
  if (code === BAIL) return response.setBail(true);
  if (code !== 0) response.setError(`The program ended with ${signal ?? `exit code ${code}`}.`);
  return response;
}

function launcherArguments(request: RunRequest): string[] {
  return [
    ...["--monitor", request.getMonitorAddress()],
    ...["--engine", engine],
    ...["--organization", request.getOrganization()],
    ...["--project", request.getProject()],
    ...["--stack", request.getStack()],
    ...["--pwd", request.getPwd()],
    ...["--root-directory", request.getInfo()?.getRootDirectory() ?? request.getPwd()],
    ...["--parallel", String(request.getParallel())],
    ...(request.getDryrun() ? ["--dry-run"] : []),
  ];
}

/** The option `nodeargs` of Pulumi.yaml as arguments. Quotes are not needed here, so not understood. */
function words(nodeargs: unknown): string[] {
  return typeof nodeargs === "string" ? nodeargs.split(/\s+/).filter((word) => word !== "") : [];
}

const { port } = await serve(LanguageRuntimeService, {
  handshake: async () => new languageProto.LanguageHandshakeResponse(),
  // The provider is on the PATH: nothing is to be fetched for the program.
  getRequiredPackages: async () => new languageProto.GetRequiredPackagesResponse(),
  getPluginInfo: async () => new pluginProto.PluginInfo().setVersion("3.259.0"),
  run,
  cancel: async (empty) => {
    for (const program of programs) program.kill("SIGINT");
    return empty;
  },
});
// The engine reads the port, and keeps the other end of this input for as long as it lives.
console.log(String(port));
process.stdin.resume().once("close", () => process.exit());
