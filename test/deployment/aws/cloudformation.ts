/**
 * Stacks of CloudFormation, as the provider makes them: a template's resources in the order in which
 * they need one another, and each as its type says.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-guide.html
 */

import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Account, AwsError } from "./account.ts";
import { type Kind, tags, text } from "./kind.ts";
import { isRecord, type Properties } from "./properties.ts";
import type { CloudFormationType, Made } from "./web-functions.ts";

const template = z.strictObject({
  AWSTemplateFormatVersion: z.literal("2010-09-09").optional(),
  Description: z.string().max(1_024).optional(),
  Resources: z.record(
    z.string().regex(/^[a-zA-Z0-9]+$/),
    z.strictObject({
      Type: z.string(),
      DependsOn: z.union([z.string(), z.array(z.string())]).optional(),
      Properties: z.record(z.string(), z.unknown()),
    }),
  ),
  Outputs: z.record(z.string(), z.strictObject({ Value: z.unknown() })).optional(),
});
type Template = z.infer<typeof template>;

/** A resource of a template that was made. */
interface Resource extends Made {
  type: string;
  /** As they were resolved. */
  properties: Properties;
}

/** What an update has made so far, and what it was before. */
interface Change {
  name: string;
  former: Resource | undefined;
  now: Resource;
}

interface Stack {
  name: string;
  status: string;
  templateBody: string;
  inputs: Properties;
  resources: Map<string, Resource>;
  outputs: Record<string, unknown>;
}

export class CloudFormation {
  readonly account: Account;
  readonly #types: Record<string, CloudFormationType>;
  readonly #stacks = new Map<string, Stack>();

  constructor(account: Account, types: Record<string, CloudFormationType>) {
    this.account = account;
    this.#types = types;
  }

  get resources(): string[] {
    return [...this.#stacks.values()].map(({ name, status }) => `stack ${name}, ${status}`);
  }

  readonly stackKind: Kind = {
    named: { property: "name", maxLength: 128 },
    computed: ["name", "outputs", "parameters", "policyBody", "region", "tagsAll", "templateBody"],
    recomputed: (changed) => ["outputs", ...(changed.has("tags") ? ["tagsAll"] : [])],
    replacing: ["disableRollback", "name", "onFailure", "region", "timeoutInMinutes"],
    inputs: z
      .object({
        name: text(/^[a-zA-Z][-a-zA-Z0-9]*$/, 128),
        onFailure: z.enum(["DELETE", "DO_NOTHING", "ROLLBACK"]),
        timeoutInMinutes: z.int().min(1),
        templateBody: z.string().max(51_200),
        tags,
      })
      .partial(),
    create: async (inputs, made) => {
      this.account.note("CreateStack");
      const name = String(inputs.name);
      if ([...this.#stacks.values()].some((stack) => stack.name === name)) {
        throw new AwsError("AlreadyExistsException", `Stack [${name}] already exists`);
      }
      const templateBody = String(inputs.templateBody);
      const wanted = this.#templateIn(templateBody);
      const id = this.account.arn("cloudformation", `stack/${name}/${randomUUID()}`);
      const status = "CREATE_IN_PROGRESS";
      const stack = { name, status, templateBody, inputs, resources: new Map(), outputs: {} };
      this.#stacks.set(id, stack);
      // The id stays in the state also where nothing is left of the stack.
      made(id);
      try {
        await this.#apply(stack, wanted);
        stack.status = "CREATE_COMPLETE";
      } catch (error) {
        await this.#undo(id, stack, inputs.onFailure);
        throw error;
      }
    },
    read: ({ id }) => {
      const stack = this.#stacks.get(id);
      if (!stack) return undefined;
      const { name, inputs, outputs, templateBody } = stack;
      const { region } = this.account;
      const tagsAll = inputs.tags;
      return { name, outputs, templateBody, tags: inputs.tags, tagsAll, region };
    },
    update: async ({ id, news }) => {
      this.account.note("UpdateStack");
      const stack = this.#stacks.get(id);
      if (!stack) throw invalid(`Stack with id ${id} does not exist`);
      if (!/^(CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE$/.test(stack.status)) {
        throw invalid(`Stack:${id} is in ${stack.status} state and can not be updated.`);
      }
      const wanted = this.#templateIn(String(news.templateBody));
      stack.status = "UPDATE_IN_PROGRESS";
      const made: Change[] = [];
      try {
        await this.#apply(stack, wanted, made);
        stack.status = "UPDATE_COMPLETE";
        stack.templateBody = String(news.templateBody);
        stack.inputs = news;
      } catch (error) {
        await this.#rollBack(stack, made);
        stack.status = "UPDATE_ROLLBACK_COMPLETE";
        throw error;
      }
    },
    remove: async ({ id }) => {
      this.account.note("DeleteStack");
      const stack = this.#stacks.get(id);
      if (stack) await this.#undo(id, stack, "DELETE");
    },
  };

  /** Reads a template, and what can be found wrong with it before anything is made. */
  #templateIn(body: string): Template {
    const parsed = template.safeParse(JSON.parse(body));
    if (!parsed.success) throw invalid(`Template format error: ${parsed.error.message}`);
    const { Resources } = parsed.data;
    for (const [name, resource] of Object.entries(Resources)) {
      if (!this.#types[resource.Type])
        throw invalid(`Unrecognized resource types: ${resource.Type}`);
      for (const other of needsOf(resource)) {
        if (other in Resources) continue;
        throw invalid(`Unresolved resource dependencies [${other}] in the resource ${name}`);
      }
    }
    return parsed.data;
  }

  /** Makes of a stack what a template says: what is new or replaced first, and at last the deletions. */
  async #apply(stack: Stack, wanted: Template, made: Change[] = []): Promise<void> {
    const entries = Object.entries(wanted.Resources);
    const leftOver = new Map(stack.resources);
    const running = new Map<string, Promise<void>>();
    const provide = (name: string): Promise<void> => {
      const already = running.get(name);
      if (already) return already;
      const [, resource] = entries.find(([other]) => other === name) ?? [];
      if (!resource) throw new Error(`The template has no resource ${name}.`);
      const provided = (async () => {
        // Begins once all are asked for, whatever their order in the template.
        await Promise.all(needsOf(resource).map(provide));
        const former = stack.resources.get(name);
        leftOver.delete(name);
        const now = await this.#provide(stack, name, resource, former);
        if (now.id !== former?.id) made.push({ name, former, now });
        stack.resources.set(name, now);
      })();
      running.set(name, provided);
      return provided;
    };
    const results = await Promise.allSettled(entries.map(([name]) => provide(name)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    stack.outputs = Object.fromEntries(
      Object.entries(wanted.Outputs ?? {}).map(([name, { Value }]) => [
        name,
        this.#resolve(stack, Value),
      ]),
    );
    for (const { former } of made) {
      if (former) await this.#types[former.type]?.remove(former.id);
    }
    await this.#removeAll(stack, leftOver);
  }

  async #provide(
    stack: Stack,
    name: string,
    { Type, Properties: given }: Template["Resources"][string],
    former: Resource | undefined,
  ): Promise<Resource> {
    const type = this.#types[Type];
    if (!type) throw new Error(`There is no type ${Type}.`);
    const resolved = this.#resolve(stack, given);
    const properties = isRecord(resolved) ? resolved : {};
    const { error } = type.properties.safeParse(properties);
    if (error) {
      const [{ path = [], message = "" } = {}] = error.issues;
      throw invalid(`Properties validation failed for ${name}: #/${path.join("/")}: ${message}`);
    }
    if (former?.type === Type) {
      const changed = [
        ...new Set([...Object.keys(properties), ...Object.keys(former.properties)]),
      ].filter((key) => !isDeepStrictEqual(properties[key], former.properties[key]));
      if (changed.length === 0) return former;
      if (type.update && !changed.some((key) => type.createOnly.includes(key))) {
        await type.update(former.id, properties);
        return { ...former, properties };
      }
    }
    return { type: Type, properties, ...(await type.create(properties)) };
  }

  /** Brings back what a failed update has replaced, and removes what it has made. */
  async #rollBack(stack: Stack, made: readonly Change[]): Promise<void> {
    for (const { name, former } of made) {
      if (former) stack.resources.set(name, former);
      else stack.resources.delete(name);
    }
    await this.#apply(stack, this.#templateIn(stack.templateBody));
    for (const { now } of made.toReversed()) await this.#types[now.type]?.remove(now.id);
  }

  /** Takes back what is in a stack, and the stack itself where that is asked for. */
  async #undo(id: string, stack: Stack, onFailure: unknown): Promise<void> {
    if (onFailure === "DO_NOTHING") {
      stack.status = "CREATE_FAILED";
      return;
    }
    await this.#removeAll(stack, stack.resources);
    if (onFailure === "DELETE") this.#stacks.delete(id);
    else stack.status = "ROLLBACK_COMPLETE";
  }

  /** Removes resources, the last one that was made first. */
  async #removeAll(stack: Stack, resources: ReadonlyMap<string, Resource>): Promise<void> {
    for (const [name, { type, id }] of [...resources].toReversed()) {
      await this.#types[type]?.remove(id);
      stack.resources.delete(name);
    }
  }

  /** Puts in what `Ref` and `Fn::GetAtt` stand for. */
  #resolve(stack: Stack, value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#resolve(stack, one));
    if (!isRecord(value)) return value;
    if (typeof value.Ref === "string") {
      const pseudo: Record<string, string> = {
        "AWS::StackName": stack.name,
        "AWS::Region": this.account.region,
        "AWS::AccountId": this.account.id,
      };
      return pseudo[value.Ref] ?? stack.resources.get(value.Ref)?.id;
    }
    const attribute = value["Fn::GetAtt"];
    if (Array.isArray(attribute)) {
      const [name, key] = attribute.map(String);
      const found = stack.resources.get(name ?? "")?.attributes[key ?? ""];
      if (found !== undefined) return found;
      throw invalid(`Template error: ${name} has no attribute ${key}`);
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, this.#resolve(stack, one)]),
    );
  }
}

/** The other resources of its template that one needs. */
function needsOf({ DependsOn = [], Properties: given }: Template["Resources"][string]): string[] {
  return [...[DependsOn].flat(), ...referencesIn(given)];
}

function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isRecord(value)) return [];
  if (typeof value.Ref === "string") return value.Ref.startsWith("AWS::") ? [] : [value.Ref];
  const attribute = value["Fn::GetAtt"];
  if (Array.isArray(attribute)) return [String(attribute[0])];
  return Object.values(value).flatMap(referencesIn);
}

/** What CloudFormation says of a stack that it does not take. */
function invalid(message: string): AwsError {
  return new AwsError("ValidationError", message);
}
