/** The concurrency models of Lambda, in the order in which they are told. */

/** How requests meet processes: a function, one on Managed Instances, or a Web Function. */
export const MODELS = ["on-demand", "managed-instances", "web-function"] as const;
export type Model = (typeof MODELS)[number];
