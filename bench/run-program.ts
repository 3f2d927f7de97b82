export { run } from "./side-by-side.ts";
