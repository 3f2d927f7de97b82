/**
 * Stands in for Pulumi's provider of AWS, for any number of engines. Like the real one it compares what
 * is wanted with the state, not with what was wanted before; it saves the wanted values even where AWS
 * refused them; and only reading brings the truth into the state. Unlike @pulumi/pulumi's own helper
 * for providers it takes part in previews and names each changed property.
 * https://github.com/pulumi/pulumi-aws/issues/6062
 * https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
 */

import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import grpc from "@grpc/grpc-js";
import pluginProto from "@pulumi/pulumi/proto/plugin_pb.js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import statusProto from "@pulumi/pulumi/proto/status_pb.js";
import { type Plugin, serve } from "../grpc-server.ts";
import type { Account, Resource } from "./account.ts";
import { lookups } from "./lookups.ts";
import { changesBetween, isRecord, type Properties, UNKNOWN } from "./properties.ts";

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

const lastPart = (token: string) => token.replace(/.*:/, "");
const topOf = (path: string) => path.replace(/\..*/s, "");

export function serveProvider(account: Account): Promise<Plugin> {
  const kindOf = (request: { getType(): string }) => account.kind(lastPart(request.getType()));
  const functions = lookups(account);

  return serve(ResourceProviderService, {
    getPluginInfo: async () => new pluginProto.PluginInfo().setVersion(VERSION),
    getSchema: async () => new proto.GetSchemaResponse().setSchema(JSON.stringify({ name: "aws" })),
    checkConfig: async (request) => new proto.CheckResponse().setInputs(request.getNews()),
    diffConfig: async () =>
      new proto.DiffResponse().setChanges(proto.DiffResponse.DiffChanges.DIFF_NONE),
    configure: async () => new proto.ConfigureResponse().setSupportspreview(true),

    check: async (request) => {
      const news = plain(request.getNews());
      const { defaults, name } = kindOf(request);
      const inputs = {
        ...defaults,
        ...Object.fromEntries(
          Object.entries(news).map(([key, value]) => [key, documentOf(key, value)]),
        ),
      };
      const response = new proto.CheckResponse();
      if (name) {
        const prefix = inputs[`${name.property}Prefix`];
        if (prefix === undefined) {
          const former = plain(request.getOlds())[name.property];
          inputs[name.property] ??= former ?? generatedName(request.getName());
        }
        const text = String(inputs[name.property] ?? `${prefix}${"0".repeat(26)}`);
        if (text !== UNKNOWN && (text.length > name.maxLength || !name.pattern.test(text))) {
          const failure = new proto.CheckFailure().setProperty(name.property);
          response.addFailures(failure.setReason(`AWS takes no name such as ${text}`));
        }
      }
      return response.setInputs(Struct.fromJavaScript(inputs));
    },

    diff: async (request) => {
      const { computed = {}, replacing = [] } = kindOf(request);
      const changes = Object.entries(
        changesBetween(plain(request.getOlds()), plain(request.getNews()), Object.keys(computed)),
      );
      const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
      const response = new proto.DiffResponse()
        .setHasdetaileddiff(true)
        .setChanges(changes.length === 0 ? DIFF_NONE : DIFF_SOME);
      for (const [path, change] of changes) {
        const property = topOf(path);
        const replaces = replacing.includes(property);
        response.addDiffs(property);
        if (replaces) response.addReplaces(property);
        const kind = proto.PropertyDiff.Kind[replaces ? (`${change}_REPLACE` as const) : change];
        response.getDetaileddiffMap().set(path, new proto.PropertyDiff().setKind(kind));
      }
      return response;
    },

    create: async (request) => {
      const news = plain(request.getProperties());
      const response = new proto.CreateResponse();
      if (request.getPreview()) {
        const outputs = { ...unknown(Object.keys(kindOf(request).computed ?? {})), ...news };
        return response.setProperties(Struct.fromJavaScript(outputs));
      }
      let made: Resource | undefined;
      try {
        const resource = await account.create(lastPart(request.getType()), news, (it) => {
          made = it;
        });
        const outputs = { ...news, ...account.read(resource) };
        return response.setId(resource.id).setProperties(Struct.fromJavaScript(outputs));
      } catch (error) {
        throw made ? unfinished(made.id, error, news) : error;
      }
    },

    read: async (request) => {
      const found = account.find(lastPart(request.getType()), request.getId());
      // No id tells the engine that the resource is gone.
      if (!found) return new proto.ReadResponse();
      const computed = Object.keys(kindOf(request).computed ?? {});
      const outputs = { ...plain(request.getProperties()), ...account.read(found) };
      const inputs = plain(request.getInputs());
      for (const property of new Set(
        Object.keys(changesBetween(outputs, inputs, computed)).map(topOf),
      )) {
        if (property in inputs) inputs[property] = outputs[property];
      }
      return new proto.ReadResponse()
        .setId(found.id)
        .setInputs(Struct.fromJavaScript(inputs))
        .setProperties(Struct.fromJavaScript(outputs));
    },

    update: async (request) => {
      const { computed = {} } = kindOf(request);
      const state = plain(request.getOlds());
      const wanted = plain(request.getNews());
      const changed = new Set(
        Object.keys(changesBetween(state, wanted, Object.keys(computed))).map(topOf),
      );
      const kept = Object.entries(state).filter(([property]) => property in computed);
      const news = { ...Object.fromEntries(kept), ...wanted };
      const response = new proto.UpdateResponse();
      if (request.getPreview()) {
        const anew = Object.entries(computed).filter(([, { follows = [] }]) =>
          follows.some((property) => changed.has(property)),
        );
        const outputs = { ...news, ...unknown(anew.map(([property]) => property)) };
        return response.setProperties(Struct.fromJavaScript(outputs));
      }
      try {
        const resource = account.get(lastPart(request.getType()), request.getId());
        await account.update(resource, wanted, changed);
        const outputs = { ...news, ...account.read(resource) };
        return response.setProperties(Struct.fromJavaScript(outputs));
      } catch (error) {
        throw unfinished(request.getId(), error, news);
      }
    },

    delete: async (request) => {
      await account.remove(lastPart(request.getType()), request.getId());
      return new Empty();
    },

    invoke: async (request) => {
      const token = request.getTok();
      const lookup = functions[lastPart(token)];
      if (!lookup) throw new Error(`The stand-in AWS does not know the function ${token}.`);
      const found = lookup(plain(request.getArgs()));
      return new proto.InvokeResponse().setReturn(Struct.fromJavaScript(found));
    },

    cancel: async (empty) => empty,
  });
}

function plain(struct: Struct | undefined): Properties {
  return (struct?.toJavaScript() ?? {}) as Properties;
}

function unknown(properties: readonly string[]): Properties {
  return Object.fromEntries(properties.map((property) => [property, UNKNOWN]));
}

/** A policy may be given as an object, and goes to AWS as the JSON text of it. */
function documentOf(property: string, value: unknown): unknown {
  return /policy$/i.test(property) && isRecord(value) ? JSON.stringify(value) : value;
}

/** The resource's name and seven random digits; the engine keeps it, so nothing changes by itself. */
function generatedName(name: string): string {
  return `${name}-${randomBytes(4).toString("hex").slice(0, 7)}`;
}

/** A failure on the way: the engine saves the state that comes with it. */
function unfinished(id: string, error: unknown, outputs: Properties): Error {
  const reason = String(error);
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
