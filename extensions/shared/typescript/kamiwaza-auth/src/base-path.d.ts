import type { Environment } from "./index.js";

/** The app's path on the platform, without a slash at its end; empty at the root. */
export function getBasePath(env?: Environment): string;

/** `path` behind `base`. */
export function withBasePath(path: string, base?: string): string;
