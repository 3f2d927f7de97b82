/** The arrows of the architecture: each part may only import those below it. */

/** From the top down. What stands on one line may not import its neighbours either. */
const LAYERS = [
  ["^tui/", "^check/(?!inside/|reports/)", "^report/"],
  ["^check/reports/"],
  ["^experiment/command/"],
  ["^experiment/(experiment|cross-check)\\.ts$"],
  ["^experiment/reports/"],
  ["^experiment/records/", "^experiment/targets/", "^experiment/plans/"],
  ["^experiment/k6/"],
  ["^experiment/version\\.ts$"],
  ["^experiment/core/firing/", "^experiment/core/verdict/"],
  ["^experiment/core/(?!firing|verdict)"],
  ["^check/inside/"],
  ["^local-lambda/(serve|local-lambda|options|start-words)\\.ts$"],
  ["^local-lambda/pool/"],
  ["^local-lambda/environment/", "^local-lambda/function-url/"],
  ["^local-lambda/(?!serve\\.ts|local-lambda\\.ts|options\\.ts|start-words\\.ts)[^/]+\\.ts$"],
  ["^handler/", "^pricing/"],
  ["^basics/"],
];

/** The deployed function depends on no package. */
const DEPLOYED = "^handler/";

const upwards = LAYERS.flatMap((layer, depth) =>
  layer.map((path) => ({
    name: `nothing-upwards-from ${path}`,
    severity: "error",
    from: { path, pathNot: "\\.test\\.tsx?$" },
    to: {
      path: [
        ...LAYERS.slice(0, depth).flat(),
        ...layer.filter((neighbour) => neighbour !== path),
        "^infrastructure/",
        "^index\\.ts$",
        "^test/",
      ],
    },
  })),
);

export default {
  forbidden: [
    ...upwards,
    {
      name: "core-knows-no-screen-no-aws-no-file",
      severity: "error",
      from: { path: "^experiment/core/", pathNot: "\\.test\\.ts$" },
      to: {
        path: [
          "^local-lambda/",
          "node_modules/(ink|react|conf|@pulumi|@aws-sdk)/",
          "^(node:)?(fs|fs/promises|child_process)$",
        ],
      },
    },
    {
      name: "plans-and-verdicts-know-no-package",
      severity: "error",
      from: { path: "^experiment/core/(?!firing/)", pathNot: "\\.test\\.ts$" },
      to: { path: "node_modules/" },
    },
    {
      name: "checks-know-no-experiment",
      severity: "error",
      from: { path: "^check/", pathNot: "\\.test\\.ts$" },
      to: {
        path: "^experiment/",
        // How a record is kept and a page looks.
        pathNot: [
          "^experiment/version\\.ts$",
          "^experiment/core/errors\\.ts$",
          "^experiment/command/output\\.ts$",
          "^experiment/records/data-folder\\.ts$",
          "^experiment/reports/(error-words|html/(experiment-page|html|page|tables))\\.ts$",
        ],
      },
    },
    {
      name: "infrastructure-knows-no-runner",
      severity: "error",
      from: { path: "^(infrastructure/|index\\.ts$)", pathNot: "\\.test\\.ts$" },
      to: { path: ["^tui/", "^experiment/", "^local-lambda/", "^test/"] },
    },
    {
      name: "nothing-is-deployed-but-the-handler",
      severity: "error",
      from: { path: DEPLOYED, pathNot: "\\.test\\.ts$" },
      to: { path: ["node_modules/", "^(?!handler/)\\w"], dependencyTypesNot: ["core"] },
    },
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-lost-imports",
      severity: "error",
      // k6 has the modules that its script imports.
      from: { pathNot: "^experiment/k6/script\\.js$" },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(node_modules|coverage)/" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: [".ts", ".tsx", ".js", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["node", "import", "default"],
    },
  },
};
