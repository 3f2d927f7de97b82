/** A role of IAM, and the policies inside it. */

import { isRecord } from "./archive.ts";
import type { Properties } from "./provider-protocol.ts";

export class Role {
  readonly name: string;
  /** The policies by their names. */
  readonly policies = new Map<string, string>();
  trust: string;

  constructor(name: string, trust: string) {
    this.name = name;
    this.trust = trust;
  }

  get resources(): string[] {
    return [
      `role ${this.name}`,
      ...[...this.policies.keys()].map((name) => `policy ${name} of role ${this.name}`),
    ];
  }

  /** Lambda may run functions as this role. */
  get admitsLambda(): boolean {
    return statements(this.trust).some(
      ({ Effect, Action, Principal }) =>
        Effect === "Allow" &&
        listOf(Action).includes("sts:AssumeRole") &&
        isRecord(Principal) &&
        listOf(Principal.Service).includes("lambda.amazonaws.com"),
    );
  }

  /** Its policies allow an action on a resource; patterns are only understood at their end. */
  allows(action: string, resource: string): boolean {
    return [...this.policies.values()]
      .flatMap(statements)
      .some(
        (statement) =>
          statement.Effect === "Allow" &&
          listOf(statement.Action).some((pattern) => matches(pattern, action)) &&
          listOf(statement.Resource).some((pattern) => matches(pattern, resource)),
      );
  }
}

function statements(policy: string): Properties[] {
  const document: unknown = JSON.parse(policy);
  const found = isRecord(document) ? document.Statement : undefined;
  return (Array.isArray(found) ? found : [found]).filter(isRecord);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function matches(pattern: unknown, value: string): boolean {
  if (typeof pattern !== "string") return false;
  return pattern.endsWith("*") ? value.startsWith(pattern.slice(0, -1)) : pattern === value;
}
