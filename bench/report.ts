export type { Report } from "./side-by-side.ts";
