/** The program of a version, in a folder beside a copy of schemas/. */
export function bundleInto(outdir: string, version: string): Promise<void>;
