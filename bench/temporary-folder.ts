export { TemporaryFolder } from "./side-by-side.ts";
