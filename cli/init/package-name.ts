/** Name of the npm package with the library and the command. The one place to rename it. */
export const PACKAGE_NAME = "pulumi-drydock";
