/**
 * What pulumi-aws does, asked by the engine through the program that the engine starts. Like the real
 * one it compares what is wanted with the state, not with what was wanted before; it saves the wanted
 * values even where AWS refused them; and only reading brings the truth into the state.
 * https://github.com/pulumi/pulumi-aws/issues/6062
 */

import { randomBytes } from "node:crypto";
import { AwsError } from "./account.ts";
import { type Failure, failuresOf, type Kind, type Lookup } from "./kind.ts";
import { type Change, changesBetween, isRecord, type Properties, UNKNOWN } from "./properties.ts";

/** One question of the engine, as JSON over HTTP; the fields that a method does not need are absent. */
export interface ProviderRequest {
  method: "check" | "diff" | "create" | "read" | "update" | "delete" | "invoke";
  /** Of the resource; for `invoke`, the function's token. */
  type: string;
  /** The resource's name in the program. */
  name?: string;
  id?: string;
  /** Nothing is to be changed; the answer says what is known beforehand. */
  preview?: boolean;
  /** The old outputs. */
  state?: Properties;
  oldInputs?: Properties;
  /** What is wanted; for `invoke`, the arguments. */
  news?: Properties;
}

export interface ProviderAnswer {
  inputs?: Properties;
  failures?: Failure[];
  /** By the property's path; `replaces` when the change takes a new resource. */
  changes?: Record<string, { kind: Change; replaces: boolean }>;
  id?: string;
  outputs?: Properties;
  /** Why a creation or an update failed on its way. The rest of the answer is the state to be saved. */
  reason?: string;
}

export async function answerProvider(
  kinds: Record<string, Kind>,
  lookups: Record<string, Lookup>,
  request: ProviderRequest,
): Promise<ProviderAnswer> {
  const { type, id = "", state = {}, oldInputs = {}, news = {}, preview = false } = request;
  if (request.method === "invoke") {
    const lookup = lookups[type];
    if (!lookup) throw new Error(`The stand-in AWS does not know the function ${type}.`);
    return { outputs: lookup(news) };
  }
  const kind = kinds[type];
  if (!kind) throw new Error(`The stand-in AWS does not know the type ${type}.`);
  switch (request.method) {
    case "check":
      return check(kind, request.name ?? "", oldInputs, news);
    case "diff":
      return diff(kind, state, news);
    case "create":
      return preview ? { outputs: { ...unknown(kind.computed), ...news } } : create(kind, news);
    case "read":
      return read(kind, id, state, oldInputs);
    case "update":
      return update(kind, id, state, news, preview);
    case "delete":
      await kind.remove({ id, state });
      return {};
  }
}

function check(kind: Kind, name: string, olds: Properties, news: Properties): ProviderAnswer {
  const documents = (kind.documents ?? []).filter((property) => isRecord(news[property]));
  const inputs = {
    ...kind.defaults,
    ...news,
    ...Object.fromEntries(documents.map((property) => [property, JSON.stringify(news[property])])),
    ...generatedName(kind, name, olds, news),
  };
  const known = Object.fromEntries(
    Object.entries(inputs).filter(([, value]) => !JSON.stringify(value)?.includes(UNKNOWN)),
  );
  return { inputs, failures: failuresOf(kind.inputs, known) };
}

function diff(kind: Kind, state: Properties, news: Properties): ProviderAnswer {
  const changes = Object.entries(changesBetween(state, news, kind.computed));
  return {
    changes: Object.fromEntries(
      changes.map(([path, change]) => {
        return [path, { kind: change, replaces: kind.replacing.includes(topOf(path)) }];
      }),
    ),
  };
}

async function create(kind: Kind, news: Properties): Promise<ProviderAnswer> {
  let id: string | undefined;
  try {
    await kind.create(news, (made) => {
      id = made;
    });
  } catch (error) {
    if (id === undefined) throw error;
    return { id, outputs: news, reason: wordsOf(error) };
  }
  if (id === undefined) throw new Error("A resource was made and has no id.");
  return { id, outputs: { ...news, ...kind.read({ id, state: news }) } };
}

function read(kind: Kind, id: string, state: Properties, oldInputs: Properties): ProviderAnswer {
  const found = kind.read({ id, state });
  // No id tells the engine that the resource is gone.
  if (!found) return { id: "" };
  const outputs = { ...state, ...found };
  const drifted = new Set(
    Object.keys(changesBetween(outputs, oldInputs, kind.computed)).map(topOf),
  );
  const inputs = Object.fromEntries(
    Object.entries(oldInputs).map(([property, value]) => [
      property,
      drifted.has(property) ? outputs[property] : value,
    ]),
  );
  return { id, inputs, outputs };
}

async function update(
  kind: Kind,
  id: string,
  state: Properties,
  wanted: Properties,
  preview: boolean,
): Promise<ProviderAnswer> {
  const changed = new Set(Object.keys(changesBetween(state, wanted, kind.computed)).map(topOf));
  const kept = Object.entries(state).filter(([property]) => kind.computed.includes(property));
  const news = { ...Object.fromEntries(kept), ...wanted };
  if (preview) return { outputs: { ...news, ...unknown(kind.recomputed?.(changed, news) ?? []) } };
  try {
    await kind.update?.({ id, state, changed, news });
  } catch (error) {
    return { outputs: news, reason: wordsOf(error) };
  }
  return { outputs: { ...news, ...kind.read({ id, state: news }) } };
}

/** A refusal as the user reads it. */
export function wordsOf(error: unknown): string {
  return error instanceof AwsError ? `${error.type}: ${error.message}` : String(error);
}

function topOf(path: string): string {
  return path.replace(/\..*/s, "");
}

function unknown(paths: readonly string[]): Properties {
  const properties = paths.filter((path) => path === topOf(path));
  return Object.fromEntries(properties.map((property) => [property, UNKNOWN]));
}

/**
 * The resource's name and seven random digits; it is kept, so that nothing changes by itself.
 *
 * @throws Error when that is too long, in the words of Pulumi's providers
 * https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/resource_id.go
 */
function generatedName({ named }: Kind, name: string, olds: Properties, news: Properties) {
  if (!named) return {};
  const { property, maxLength } = named;
  if (news[property] !== undefined || news[`${property}Prefix`] !== undefined) return {};
  const old = olds[property];
  if (typeof old === "string") return { [property]: old };
  const digits = randomBytes(4).toString("hex").slice(0, 7);
  if (name.length + 1 + digits.length > maxLength) {
    throw new Error(
      `name '${name}-' plus ${digits.length} random chars is longer than maximum length ${maxLength}`,
    );
  }
  return { [property]: `${name}-${digits}` };
}
