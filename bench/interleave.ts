export { interleave } from "./side-by-side.ts";
