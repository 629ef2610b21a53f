/** Name of the npm package, as in package.json. bin.ts repeats it. */
export const PACKAGE_NAME = "pulumi-drydock";
