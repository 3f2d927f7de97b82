/** What a deployment allows and whom, by what Pulumi's engine received for it. */

import { isRecord, type Properties } from "./aws/properties.ts";

interface Grant {
  /** Whom, where the policy says it; a role's own policies are for the role. */
  principal?: unknown;
  condition?: unknown;
  actions: string[];
  resources: string[];
}

export interface Privileges {
  /** What roles may do. */
  roles: Grant[];
  /** The ARNs of what roles may do by policies of AWS's own. */
  attachments: unknown[];
  /** The services that may take such a role. */
  trust: Grant[];
  /** What buckets allow to others. */
  buckets: Grant[];
  /** What security groups let out and in. */
  networks: { egress: unknown; ingress: unknown }[];
  /** The statements of functions' own policies. */
  permissions: Properties[];
  urlAuthorizations: unknown[];
  retentionDays: unknown[];
  /** Types of resources, each once. */
  types: string[];
}

/** @param exported what `pulumi stack export` printed */
export function privilegesIn(exported: string): Privileges {
  const { deployment } = JSON.parse(exported) as {
    deployment: { resources: { type: string; inputs?: Properties }[] };
  };
  const { resources } = deployment;
  const inputsOf = (type: string) =>
    resources.filter((one) => one.type === type).map(({ inputs }) => inputs ?? {});
  return {
    roles: inputsOf("aws:iam/rolePolicy:RolePolicy").flatMap(({ policy }) => grantsOf(policy)),
    trust: inputsOf("aws:iam/role:Role").flatMap(({ assumeRolePolicy }) =>
      grantsOf(assumeRolePolicy),
    ),
    attachments: inputsOf("aws:iam/rolePolicyAttachment:RolePolicyAttachment").map(
      ({ policyArn }) => policyArn,
    ),
    buckets: inputsOf("aws:s3/bucketPolicy:BucketPolicy").flatMap(({ policy }) => grantsOf(policy)),
    networks: inputsOf("aws:ec2/securityGroup:SecurityGroup").map(({ egress, ingress }) => {
      return { egress, ingress };
    }),
    permissions: inputsOf("aws:lambda/permission:Permission"),
    urlAuthorizations: inputsOf("aws:lambda/functionUrl:FunctionUrl").map(
      ({ authorizationType }) => authorizationType,
    ),
    retentionDays: inputsOf("aws:cloudwatch/logGroup:LogGroup").map(
      ({ retentionInDays }) => retentionInDays,
    ),
    types: [...new Set(resources.map(({ type }) => type))].filter((type) =>
      type.startsWith("aws:"),
    ),
  };
}

/** The statements of a policy, each of which allows something. */
export function grantsOf(policy: unknown): Grant[] {
  const document: unknown = JSON.parse(String(policy));
  const statements = isRecord(document) ? listOf(document.Statement) : [];
  return statements.filter(isRecord).map(({ Effect, Action, Resource, Principal, Condition }) => {
    if (Effect !== "Allow") throw new Error(`a statement that does not allow but ${Effect}`);
    return {
      ...(Principal !== undefined && { principal: Principal }),
      ...(Condition !== undefined && { condition: Condition }),
      actions: listOf(Action).map(String),
      resources: Resource === undefined ? [] : listOf(Resource).map(String),
    };
  });
}

/** Grants of actions that a pattern names, or on anything there is. */
export function boundless(grants: readonly Grant[]): Grant[] {
  return grants.filter(
    ({ actions, resources }) =>
      actions.some((action) => action.includes("*")) || resources.includes("*"),
  );
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}
