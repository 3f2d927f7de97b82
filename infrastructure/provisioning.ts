/** Provisioned concurrency: environments that are there before the first request. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/** Its name within the function; an alias of another function may have the same. */
const ALIAS = "provisioned";

/**
 * Keeps environments ready behind an alias, since AWS keeps none for unpublished code. The function
 * must be published: each change of its code or configuration then makes a version and moves the
 * alias to it. AWS takes the environments from the former version and prepares those of the new one,
 * which goes on for a minute or more after the update has ended; until then requests start
 * environments on demand.
 * https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
 *
 * @param environments how many
 * @returns the alias, which the URL must be one of
 */
export function provision(
  name: string,
  lambda: aws.lambda.Function,
  environments: number,
  options: pulumi.CustomResourceOptions,
): aws.lambda.Alias {
  const alias = new aws.lambda.Alias(
    name,
    { name: ALIAS, functionName: lambda.name, functionVersion: lambda.version },
    options,
  );
  new aws.lambda.ProvisionedConcurrencyConfig(
    name,
    {
      functionName: lambda.name,
      qualifier: alias.name,
      provisionedConcurrentExecutions: environments,
    },
    options,
  );
  return alias;
}
