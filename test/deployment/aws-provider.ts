/**
 * Stands in for Pulumi's provider of AWS. It decides nothing: what the engine asks goes as JSON to
 * the stand-in AWS of the test, and the answer goes back. Unlike @pulumi/pulumi's own helper for
 * providers it takes part in previews and names each changed property, as the real one does.
 * https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
 */

import { createRequire } from "node:module";
import grpc from "@grpc/grpc-js";
import pluginProto from "@pulumi/pulumi/proto/plugin_pb.js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import statusProto from "@pulumi/pulumi/proto/status_pb.js";
import type { Properties } from "./aws/properties.ts";
import type { ProviderAnswer, ProviderRequest } from "./aws/provider.ts";
import { serve } from "./grpc-server.ts";

/** The version of @pulumi/aws whose provider this stands in for. */
const VERSION = "7.48.0";

type Struct = NonNullable<ReturnType<proto.CheckRequest["getNews"]>>;
type Any = Parameters<statusProto.Status["addDetails"]>[0];

/** The messages of @pulumi/pulumi are only understood in its own copy of this package. */
const pulumiRequire = createRequire(import.meta.resolve("@pulumi/pulumi/proto/provider_pb.js"));
const { Struct } = pulumiRequire("google-protobuf/google/protobuf/struct_pb.js") as {
  Struct: { fromJavaScript(value: Properties): Struct };
};
const { Empty } = pulumiRequire("google-protobuf/google/protobuf/empty_pb.js") as {
  Empty: new () => ReturnType<typeof ResourceProviderService.delete.responseDeserialize>;
};
const { Any } = pulumiRequire("google-protobuf/google/protobuf/any_pb.js") as {
  Any: new () => NonNullable<Any>;
};

/** Asks the stand-in AWS. */
async function ask(request: ProviderRequest): Promise<ProviderAnswer> {
  const address = process.env.STAND_IN_AWS;
  if (address === undefined) throw new Error("STAND_IN_AWS does not say where the stand-in is.");
  const response = await fetch(new URL("/provider", address), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const answer = (await response.json()) as ProviderAnswer & { message?: string };
  if (!response.ok) throw new Error(answer.message ?? `The stand-in AWS said ${response.status}.`);
  return answer;
}

function plain(struct: Struct | undefined): Properties {
  return (struct?.toJavaScript() ?? {}) as Properties;
}

/** A failure on the way: the engine saves the state that comes with it. */
function failure(id: string, reason: string, outputs: Properties): Error {
  const detail = new proto.ErrorResourceInitFailed()
    .setId(id)
    .setReasonsList([reason])
    .setProperties(Struct.fromJavaScript(outputs));
  const packed = new Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statusProto.Status().setCode(grpc.status.UNKNOWN).setMessage(reason);
  status.addDetails(packed);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return Object.assign(new Error(reason), { metadata });
}

await serve(ResourceProviderService, {
  getPluginInfo: async () => new pluginProto.PluginInfo().setVersion(VERSION),
  getSchema: async () => new proto.GetSchemaResponse().setSchema(JSON.stringify({ name: "aws" })),
  checkConfig: async (request) => new proto.CheckResponse().setInputs(request.getNews()),
  diffConfig: async () =>
    new proto.DiffResponse().setChanges(proto.DiffResponse.DiffChanges.DIFF_NONE),
  configure: async () => new proto.ConfigureResponse().setSupportspreview(true),
  check: async (request) => {
    const { inputs, failures } = await ask({
      method: "check",
      type: request.getType(),
      name: request.getName(),
      oldInputs: plain(request.getOlds()),
      news: plain(request.getNews()),
    });
    const response = new proto.CheckResponse().setInputs(Struct.fromJavaScript(inputs ?? {}));
    for (const { property, reason } of failures ?? []) {
      response.addFailures(new proto.CheckFailure().setProperty(property).setReason(reason));
    }
    return response;
  },
  diff: async (request) => {
    const { changes = {} } = await ask({
      method: "diff",
      type: request.getType(),
      id: request.getId(),
      state: plain(request.getOlds()),
      news: plain(request.getNews()),
    });
    const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
    const response = new proto.DiffResponse()
      .setHasdetaileddiff(true)
      .setChanges(Object.keys(changes).length === 0 ? DIFF_NONE : DIFF_SOME);
    for (const [path, { kind, replaces }] of Object.entries(changes)) {
      const [property = path] = path.split(/[.[]/);
      response.addDiffs(property);
      if (replaces) response.addReplaces(property);
      const change = proto.PropertyDiff.Kind[replaces ? (`${kind}_REPLACE` as const) : kind];
      response.getDetaileddiffMap().set(path, new proto.PropertyDiff().setKind(change));
    }
    return response;
  },
  create: async (request) => {
    const {
      id = "",
      outputs = {},
      reason,
    } = await ask({
      method: "create",
      type: request.getType(),
      preview: request.getPreview(),
      news: plain(request.getProperties()),
    });
    if (reason !== undefined) throw failure(id, reason, outputs);
    return new proto.CreateResponse().setId(id).setProperties(Struct.fromJavaScript(outputs));
  },
  read: async (request) => {
    const {
      id = "",
      inputs,
      outputs,
    } = await ask({
      method: "read",
      type: request.getType(),
      id: request.getId(),
      state: plain(request.getProperties()),
      oldInputs: plain(request.getInputs()),
    });
    const response = new proto.ReadResponse().setId(id);
    if (inputs && outputs) {
      response.setInputs(Struct.fromJavaScript(inputs));
      response.setProperties(Struct.fromJavaScript(outputs));
    }
    return response;
  },
  update: async (request) => {
    const { outputs = {}, reason } = await ask({
      method: "update",
      type: request.getType(),
      id: request.getId(),
      preview: request.getPreview(),
      state: plain(request.getOlds()),
      news: plain(request.getNews()),
    });
    if (reason !== undefined) throw failure(request.getId(), reason, outputs);
    return new proto.UpdateResponse().setProperties(Struct.fromJavaScript(outputs));
  },
  delete: async (request) => {
    const state = plain(request.getProperties());
    await ask({ method: "delete", type: request.getType(), id: request.getId(), state });
    return new Empty();
  },
  invoke: async (request) => {
    const { outputs = {} } = await ask({
      method: "invoke",
      type: request.getTok(),
      news: plain(request.getArgs()),
    });
    return new proto.InvokeResponse().setReturn(Struct.fromJavaScript(outputs));
  },
  cancel: async (empty) => empty,
});
